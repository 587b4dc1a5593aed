"""A change of the contract only ever adds: what broke between two sets of JSON Schemas.

Events live in topics for years and are read by programs that we do not know, so a member
may be added if it is optional, an enum may grow, a limit may widen; nothing may be removed,
narrowed or newly required. A changed pattern or format counts as narrowed, since nobody can
tell in general. In what Rollcall itself publishes a required member must stay required too.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_COMPARED: Final = frozenset(
    {*_LOWER, *_UPPER, "type", "enum", "const", "anyOf", "oneOf", "items", "properties", "required"}
)
_ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated"}
)
_OURS: Final = "rollcall."

Schema = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Breakage:
    """One thing that an older reader or writer can no longer rely on."""

    file: str
    member: str
    what: str

    def __str__(self) -> str:
        where = f" {self.member}:" if self.member else ""
        return f"{self.file}:{where} {self.what}"


def read_schemas(folder: Path) -> dict[str, Schema]:
    """The JSON Schemas in a folder by file name; none if there is no folder."""
    return {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.schema.json"))
    }


def breakages(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[Breakage]:
    """All that ``new`` takes away from ``old``, file by file."""
    found: list[Breakage] = []
    for file, schema in old.items():
        if file not in new:
            found.append(Breakage(file, "", "the event type was removed"))
            continue
        ours = file.startswith(_OURS)
        found += [
            Breakage(file, member, what) for member, what in _narrowed(schema, new[file], "", ours)
        ]
    return found


Found = tuple[str, str]
"""A member's path and what broke there."""


def _narrowed(old: Schema, new: Schema, path: str, ours: bool) -> Iterator[Found]:  # noqa: FBT001 - carried down unchanged
    """Every alternative of the old schema must still find room in one of the new."""
    for alternative in _alternatives(old):
        tries = [
            list(_branch(alternative, candidate, path, ours))
            for candidate in _alternatives(new)
            if _same_type(alternative, candidate)
        ]
        if not tries:
            yield path, f"the type {alternative.get('type', 'any')} was removed"
        elif all(tries):
            yield from min(tries, key=len)


def _alternatives(schema: Schema) -> list[Schema]:
    """The schema as a list of schemas of one type each, of which any may hold."""
    for word in ("anyOf", "oneOf"):
        branches = schema.get(word)
        if isinstance(branches, list):
            return [flat for branch in branches for flat in _alternatives(branch)]
    types = schema.get("type")
    if isinstance(types, list):
        return [{**schema, "type": one} for one in types]
    return [schema]


def _same_type(old: Schema, new: Schema) -> bool:
    kinds = (old.get("type"), new.get("type"))
    return kinds[0] == kinds[1] or kinds[1] is None or kinds == ("integer", "number")


def _branch(old: Schema, new: Schema, path: str, ours: bool) -> Iterator[Found]:  # noqa: FBT001 - as above
    yield from _values(old, new, path)
    yield from _bounds(old, new, path)
    for word in sorted(new.keys() - _COMPARED - _ANNOTATIONS):
        if new[word] != old.get(word):
            yield path, f"the rule {word} was added or changed"
    if "items" in new:
        yield from _narrowed(_mapping(old, "items"), _mapping(new, "items"), f"{path}[]", ours)
    yield from _members(old, new, path, ours)


def _values(old: Schema, new: Schema, path: str) -> Iterator[Found]:
    before, after = _allowed(old), _allowed(new)
    if after is None:
        return
    if before is None:
        yield path, "was restricted to some values"
        return
    for value in before:
        if value not in after:
            yield path, f"the value {value!r} was removed"


def _allowed(schema: Schema) -> list[object] | None:
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return values if isinstance(values, list) else None


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[Found]:
    for words, sign in ((_LOWER, 1), (_UPPER, -1)):
        for word in words:
            before, after = old.get(word), new.get(word)
            if not isinstance(after, int | float):
                continue
            if not isinstance(before, int | float) or sign * after > sign * before:
                yield path, f"{word} became stricter"


def _members(old: Schema, new: Schema, path: str, ours: bool) -> Iterator[Found]:  # noqa: FBT001 - as above
    before, after = _mapping(old, "properties"), _mapping(new, "properties")
    for name in before:
        member = f"{path}.{name}".lstrip(".")
        if name not in after:
            yield member, "the member was removed"
        else:
            yield from _narrowed(_mapping(before, name), _mapping(after, name), member, ours)
    needed, needed_now = _names(old, "required"), _names(new, "required")
    for name in sorted(needed_now - needed):
        yield f"{path}.{name}".lstrip("."), "the member became required"
    if ours:
        for name in sorted(needed - needed_now):
            yield f"{path}.{name}".lstrip("."), "the member may now be absent"


def _mapping(schema: Schema, word: str) -> Schema:
    value = schema.get(word)
    return value if isinstance(value, Mapping) else {}


def _names(schema: Schema, word: str) -> frozenset[str]:
    value = schema.get(word)
    return frozenset(value) if isinstance(value, list) else frozenset()
