"""What a person is shown of their link, from the last step, the fact and the time."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.ids import MaxUserId, PersonId
from domain.profile_links import (
    ANSWER_SECONDS,
    KnownProfile,
    Leaving,
    Linked,
    LinkRecord,
    LinkState,
    LinkTrouble,
    Offered,
    Settling,
    Step,
    Unlinked,
    Waiting,
    external_id_of,
    person_of,
    state_of,
)

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
LATE = NOW - timedelta(seconds=ANSWER_SECONDS)
URL = "https://max.example/link/1"
LINKED = KnownProfile(7, MaxUserId(1))
FREE = KnownProfile(7, None)


def record(step: Step, at: datetime = NOW, **more: object) -> LinkRecord:
    return LinkRecord(step, at, **more)  # type: ignore[arg-type] # by name


@pytest.mark.parametrize(
    ("last", "known", "shown"),
    [
        (None, None, Unlinked()),
        (None, FREE, Unlinked()),
        (None, LINKED, Linked()),
        (record(Step.ASKED), None, Waiting()),
        (record(Step.ASKED, LATE), None, Unlinked(LinkTrouble.AWAY)),
        (record(Step.ASKED), LINKED, Linked()),
        (record(Step.OFFERED, url=URL, expires_at=NOW + timedelta(seconds=1)), FREE,
         Offered(URL, NOW + timedelta(seconds=1))),
        (record(Step.OFFERED, url=URL, expires_at=NOW), None, Unlinked(LinkTrouble.EXPIRED)),
        (record(Step.REFUSED, trouble=LinkTrouble.REFUSED), None, Unlinked(LinkTrouble.REFUSED)),
        # What was published is on its way until the fact has its version, or a higher one.
        (record(Step.CONFIRMED, version=8), None, Settling()),
        (record(Step.CONFIRMED, version=8), FREE, Settling()),
        (record(Step.CONFIRMED, version=7), LINKED, Linked()),
        (record(Step.CONFIRMED, version=6), FREE, Unlinked()),
        (record(Step.LEAVING, version=7), FREE, Leaving()),
        (record(Step.LEAVING, trouble=LinkTrouble.AWAY), FREE, Leaving(LinkTrouble.AWAY)),
        (record(Step.LEFT, version=8), LINKED, Leaving()),
        (record(Step.LEFT, version=7), FREE, Unlinked()),
        (record(Step.LEFT, version=6), LINKED, Linked()),
    ],
)  # fmt: skip
def test_what_is_shown(
    last: LinkRecord | None, known: KnownProfile | None, shown: LinkState
) -> None:
    assert state_of(last, known, NOW) == shown


@pytest.mark.parametrize("person", [".", "..", "a:b", "person:x", "x" * 64])
def test_the_messenger_is_told_of_a_person_by_no_step_up_in_a_path(person: str) -> None:
    external_id = external_id_of(PersonId(person))
    assert external_id not in {".", ".."}
    assert person_of(external_id) == person


@pytest.mark.parametrize("foreign", ["", "person:", "class:7a", "x"])
def test_whom_we_did_not_name_is_nobody(foreign: str) -> None:
    assert person_of(foreign) is None


def test_a_link_is_in_no_representation() -> None:
    assert URL not in repr(record(Step.OFFERED, url=URL, expires_at=NOW))
    assert URL not in repr(Offered(URL, NOW))
