"""What is vendored is what its authors published, with its licence, and asks no other host."""

import hashlib
import re
from pathlib import Path

import pytest

import console

STATIC = Path(console.__file__).parent / "static"
VENDOR = STATIC / "vendor"


def test_every_vendored_file_has_its_checksum() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    listed = {name: checksum for checksum, name in (line.split("  ", 1) for line in lines)}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert listed == found


def test_every_vendored_library_has_its_licence() -> None:
    assert "MIT License" in (VENDOR / "LICENSE.tabler").read_text()
    assert "Permission to use, copy, modify" in (VENDOR / "LICENSE.htmx").read_text()


def test_style_sheets_load_nothing_from_elsewhere() -> None:
    for sheet in STATIC.rglob("*.css"):
        text = sheet.read_text()
        targets = re.findall(r"url\(\s*[\"']?([^)]{0,20})", text)
        assert all(target.startswith("data:") for target in targets)
        assert "@import" not in text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_of_text_pass_contrast_aa_on_their_grounds(theme: str) -> None:
    colours = colours_of(theme)
    body, surface = colours["--tblr-body-bg"], colours["--rc-surface"]
    for tone in ("good", "busy", "attention", "quiet"):
        text = colours[f"--rc-{tone}"]
        for ground in (colours[f"--rc-{tone}-ground"], surface, body):
            assert contrast(text, ground) >= 4.5
    for name in ("ink", "note", "small"):
        assert contrast(colours[f"--rc-{name}"], surface) >= 4.5
        assert contrast(colours[f"--rc-{name}"], colours["--rc-busy-ground"]) >= 4.5
    for name in ("green", "yellow", "red", "secondary", "secondary-color", "link-color"):
        assert contrast(colours[f"--tblr-{name}"], body) >= 4.5
        assert contrast(colours[f"--tblr-{name}"], surface) >= 4.5
    for ground in (surface, body):
        assert contrast(colours["--rc-edge"], ground) >= 3
    for ground in ("--tblr-primary", "--rc-busy"):
        assert contrast(colours["--rc-on-bright"], colours[ground]) >= 4.5


def test_every_colour_of_ours_has_a_light_and_a_dark_value() -> None:
    def own(theme: str) -> set[str]:
        return {name for name in colours_of(theme) if name.startswith("--rc-")}

    assert own("light") == own("dark")
    rules = sheet_of_ours().split("@media print")[0].split("\n.", 1)[1]
    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[^{}]*\})", rules) == []


def test_the_theme_is_known_before_a_style_sheet_is_read() -> None:
    head = (STATIC.parent / "templates" / "base.html").read_text().split("</head>")[0]
    script = '<script src="/static/theme.js"></script>'
    assert 0 < head.find(script) < head.find('rel="stylesheet"')


def sheet_of_ours() -> str:
    return (STATIC / "console.css").read_text()


def colours_of(theme: str) -> dict[str, str]:
    """The variables of one theme that are plain colours."""
    block = re.findall(rf"\[data-bs-theme={theme}\] \{{([^}}]*)\}}", sheet_of_ours())[0]
    return dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", block))


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    """A component of sRGB as light."""
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
