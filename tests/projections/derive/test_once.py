from domain.facts import EmploymentRole
from projections.derive.audit import audit
from tests.domain.builders import (
    employment,
    enrolment,
    group,
    guardianship,
    school,
    school_class,
    withdrawal,
)
from tests.projections.builders import (
    derive_all,
    due_chats,
    engine_of,
    fetch,
    ingest,
    memberships,
    settle_due,
)

WORLD = (
    school(),
    school_class(teacher="t1"),
    group("chem", teachers=("t2",)),
    employment("t1", EmploymentRole.TEACHER),
    employment("boss", EmploymentRole.ADMINISTRATOR),
    enrolment("p1"),
    enrolment("p2"),
    guardianship("g1", "p1"),
)


async def test_marked_entities_become_expected_members_of_all_four_chats(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)

        assert await memberships(engine) == {
            "staff_room:s1": {"t1": "member", "boss": "administrator"},
            "class:9g": {"t1": "administrator", "p1": "member", "p2": "member"},
            "parents:9g": {"t1": "administrator", "g1": "member"},
            "subject:chem": {"t2": "administrator", "p1": "member", "p2": "member"},
        }
        assert await fetch(engine, "SELECT * FROM stale_entities") == []
        assert await audit(engine) == []
