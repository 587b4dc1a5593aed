"""Nothing that the screens are made of is there for nobody."""

import re
from pathlib import Path
from typing import Final, get_args

from jinja2 import Environment, nodes

import console
from console.words import Tone

ROOM: Final = Path(console.__file__).parent
TEMPLATES: Final = {
    path.relative_to(ROOM / "templates").as_posix(): Environment().parse(path.read_text())  # noqa: S701 - read, not rendered
    for path in (ROOM / "templates").rglob("*.html")
}


def names_in(tree: nodes.Template) -> set[str]:
    """What it looks up: variables, and members of others."""
    variables = {each.name for each in tree.find_all(nodes.Name) if each.ctx == "load"}
    return variables | {each.attr for each in tree.find_all(nodes.Getattr)}


def texts(*endings: str) -> str:
    paths = (path for path in ROOM.rglob("*") if path.suffix in endings)
    return "\n".join(path.read_text() for path in paths if "vendor" not in path.parts)


def test_every_import_and_every_macro_of_a_template_is_used() -> None:
    called = set().union(*map(names_in, TEMPLATES.values()))
    for name, tree in TEMPLATES.items():
        imported = {each.target for each in tree.find_all(nodes.Import)}
        assert imported <= names_in(tree), name
        assert {each.name for each in tree.find_all(nodes.Macro)} <= called, name


def test_every_template_is_shown_by_a_page_or_by_another_template() -> None:
    quoted = set(re.findall(r'"([\w/.]+)"', texts(".py", ".html")))
    for name in TEMPLATES:
        assert quoted & {name, name.removeprefix("parts/").removesuffix(".html")}, name


def test_every_class_of_ours_has_a_style_and_stands_somewhere() -> None:
    sheet = re.sub(r"/\*.*?\*/", "", texts(".css"), flags=re.DOTALL)
    styled = set(re.findall(r"\.(rc-[\w-]*\w)", sheet))
    standing = set(re.findall(r"(?<![\w-])rc-[\w-]*\w", texts(".html", ".js")))
    assert styled == standing | {f"rc-{tone}" for tone in get_args(Tone)}
