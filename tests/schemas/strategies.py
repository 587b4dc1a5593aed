"""Random events, good ones and ones with something wrong, for claims about all of them."""

from collections.abc import Callable

from hypothesis import strategies as st

from tests.schemas.builders import DATA, Members

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

ids = st.text("aZ9._:-", min_size=1, max_size=64)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
days = st.dates().map(lambda day: day.isoformat())
instants = st.builds(
    lambda moment, fraction, zone: moment.isoformat(timespec="seconds") + fraction + zone,
    st.datetimes(),
    st.sampled_from(["", ".5", ".123456", ".123456789"]),
    st.sampled_from(["Z", "z", "+03:00", "-12:00"]),
)
versions = st.integers(0, 2**53 - 1)

_MEMBERS: dict[str, st.SearchStrategy[Json]] = {
    "version": versions,
    "max_user_id": st.integers(1, 2**63 - 1),
    "max_chat_id": st.integers(-(2**63), 2**63 - 1),
    "timezone": st.sampled_from(["Europe/Moscow", "Asia/Kamchatka", "UTC"]),
    "sex": st.sampled_from(["male", "female"]),
    "roles": st.lists(st.sampled_from(["teacher", "administrator", "staff"])),
    "teacher_ids": st.lists(ids),
    "pupils": st.just("whole-class") | st.lists(ids),
    "kind": st.sampled_from(["staff_room", "class", "parents", "subject"]),
    "membership": st.sampled_from(["added", "excluded", "none"]),
    "role": st.sampled_from(["administrator", "member", "none"]),
    "deleted": st.booleans(),
    "insists": st.booleans(),
    "filling": st.sampled_from(["rule", "chosen"]),
    "created": st.booleans(),
    "stays": st.booleans(),
    "title": texts.filter(bool),
    "author": ids,
    "at": instants,
    "birth_date": days,
}


def _member(name: str, good: object) -> st.SearchStrategy[object]:
    if name in _MEMBERS:
        return _MEMBERS[name]
    if name.endswith("_id"):
        return ids
    if name.endswith("_at"):
        return instants
    if name.endswith("_on"):
        return days
    return st.just(good) if name == "status" else texts


@st.composite
def good_data(draw: st.DrawFn, type_name: str) -> Members:
    """Good data of a type, every member drawn anew."""
    data: Members = {name: draw(_member(name, good)) for name, good in DATA[type_name].items()}
    if "starts_at" in data:
        earlier, later = sorted([draw(st.datetimes()), draw(st.datetimes())])
        data["starts_at"] = earlier.isoformat() + "Z"
        data["ends_at"] = later.isoformat() + "Z"
    return data


junk: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 3).map(float)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | ids
    | days
    | instants
    | st.sampled_from(["active", "closed", "ended", "whole-class", "2026-02-30", "a\n", "0\n"])
    | st.sampled_from(["2026-09-01T23:59:60Z", "2026-09-01T00:00:00+03:00", "nul\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def _changed(draw: st.DrawFn, members: Members) -> Members:
    changes: list[Callable[[str], object]] = [
        members.pop,
        lambda name: members.update({name: draw(junk)}),
        lambda name: members.update({name + draw(texts): draw(junk)}),
    ]
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(sorted(members))) if members else "x"
        if members:
            draw(st.sampled_from(changes))(name)
    return members


@st.composite
def events(draw: st.DrawFn) -> Members:
    """An event of any type, in which up to a few things may be wrong."""
    type_name = draw(st.sampled_from(sorted(DATA)))
    whole: Members = {
        "specversion": "1.0",
        "id": draw(texts.filter(bool)),
        "source": "/" + draw(ids),
        "type": type_name,
        "subject": draw(texts),
        "time": draw(instants),
        "datacontenttype": "application/json",
        "data": _changed(draw, draw(good_data(type_name))),
    }
    return _changed(draw, whole) if draw(st.booleans()) else whole
