"""A school's chats are initialised: the missing made, the others in step, nobody else taken out.

On real PostgreSQL, with the rules derived and a simulated messenger over a socket.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from domain.actors import Actor, OperatorRole
from domain.chats import ChatKind
from domain.decisions import MembershipDecision, RoleDecision
from domain.facts import EmploymentRole, Fact, Profile
from domain.guard import GuardLimits, GuardScope
from domain.ids import ChatId, MaxUserId, PersonId, SchoolId
from domain.initialising import Fate, InitialisingWish
from domain.lanes import Lane
from domain.seasons import GuardPolicy
from operations import initialising, initialising_standing, initialising_start
from operations.errors import AuthorIsNoId, ModuleOff, NoSuchSchool, NotPermitted
from operations.initialising import InitialisingPlan
from operations.initialising_standing import SchoolInitialisation
from operations.initialising_start import Begun, Changed, UnderWay
from operations.installation import Installation
from operations.plans import Choice, Decider, Terms, decide
from projections.by_hand import decisions, journal
from projections.database import transaction
from projections.derive.config import ChatKindsOff, DeriveConfig
from projections.queue.due import mark_due
from projections.reconcile import initialisations
from projections.reconcile.store import PostgresReconcileStore
from projections.staff.store import StaffStore
from projections.watch.upkeep import Retention
from rollcall.upkeep import Upkeep
from tests.domain import builders as make
from tests.domain.builders import CHEMISTRY, CLASS, PARENTS, ROOM
from tests.projections.builders import derive_all, engine_of, fetch, ingest
from tests.reconcile.bench import Bench, bench

SCHOOL = SchoolId("s1")
EVERY = frozenset(ChatKind)
PUPILS = [f"pupil-{number:02}" for number in range(1, 13)]
CHIEF = PersonId("chief")
ADMINISTRATOR = Actor(CHIEF, administers=frozenset({SCHOOL}), works_in=frozenset({SCHOOL}))
OPERATOR = Actor(operator=OperatorRole.IDS)
NO_SUBJECTS = ChatKindsOff(by_school={SCHOOL: frozenset({ChatKind.SUBJECT})})
ACCOUNTS = {CHIEF: 1, "leader": 2, "chemist": 3, "guest": 4, "other": 5} | {
    pupil: 100 + place for place, pupil in enumerate(PUPILS)
}


def facts() -> list[Fact]:
    """A school of two classes: 9г with chemistry and twelve pupils, 8а with one."""
    people = [make.person(each) for each in ACCOUNTS]
    profiles = [
        Profile(make.rank(), PersonId(each), MaxUserId(account))
        for each, account in ACCOUNTS.items()
    ]
    teachers = [make.employment(each, EmploymentRole.TEACHER) for each in ("leader", "chemist")]
    return [
        make.school(),
        make.school_class(teacher="leader"),
        make.school_class("8a", name="8а"),
        make.group(teachers=["chemist"]),
        make.employment(CHIEF, EmploymentRole.ADMINISTRATOR),
        make.employment("guest", EmploymentRole.STAFF),
        *teachers, *people, *profiles,
        *(make.enrolment(pupil) for pupil in PUPILS),
        make.enrolment("other", "8a"),
    ]  # fmt: skip


@dataclass
class Place:
    """The school, the loops, and what somebody asks of them."""

    bench: Bench
    installation: Installation = field(default_factory=Installation)
    off: ChatKindsOff = field(default_factory=ChatKindsOff)

    @property
    def store(self) -> StaffStore:
        return StaffStore(self.bench.engine)

    async def derive(self) -> None:
        await derive_all(self.bench.engine, DeriveConfig(kinds_off=self.off))

    async def work(self) -> None:
        """Everything that waits for a loop."""
        await self.derive()
        await self.bench.settle()

    async def plan(
        self, kinds: frozenset[ChatKind] = EVERY, *, drops: bool = False, who: Actor = ADMINISTRATOR
    ) -> InitialisingPlan:
        wish = InitialisingWish(SCHOOL, kinds, drops)
        return await initialising.plan(self.store, who, wish, self.installation)

    async def begin(
        self, plan: InitialisingPlan, who: Actor = ADMINISTRATOR, name: str = CHIEF
    ) -> Begun | UnderWay | Changed:
        decider = Decider(who, name)
        return await initialising_start.begin(
            self.store, decider, plan.wish, plan.hash, self.installation
        )

    async def standing(self, who: Actor = ADMINISTRATOR) -> SchoolInitialisation:
        return await initialising_standing.standing(self.store, who, SCHOOL, self.installation)

    async def by_hand(
        self, person: str, *choices: MembershipDecision | RoleDecision, chat: ChatId = CLASS
    ) -> None:
        async with transaction(self.bench.engine) as connection:
            for choice in choices:
                made = make.decision(person, choice, chat, f"{person}-{choice.value}")
                await decisions.record(connection, made)

    async def members(self, chat: ChatId) -> set[str]:
        """The people whom the messenger has in the chat."""
        known = {account: person for person, account in ACCOUNTS.items()}
        found = [each for each in await self.bench.chats() if of(each, chat)]
        (made,) = found[-1:]
        members = made["members"]
        assert isinstance(members, list)
        return {known[each["user_id"]] for each in members if not each["is_bot"]}

    async def fetch(self, query: str, **values: object) -> list[tuple[object, ...]]:
        return await fetch(self.bench.engine, query, **values)


def of(made: dict[str, object], chat: ChatId) -> bool:
    return str(made["external_id"]).startswith(f"{chat}#")


def chat_of(plan: InitialisingPlan, chat: ChatId) -> initialising.PlannedChat:
    (found,) = [each for each in plan.chats if each.forecast.chat.chat_id == chat]
    return found


async def state(place: Place) -> list[tuple[object, ...]]:
    """Everything that initialising could change."""
    tables = ("decisions", "held_plans", "plan_decisions", "chats", "chat_sync", "stale_entities",
              "outbox", "initialisations", "initialised_chats")  # fmt: skip
    asked = " UNION ALL ".join(f"SELECT '{each}', t::text FROM {each} t" for each in tables)
    return sorted(await place.fetch(asked))


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    """All chats in step, but those of subjects, which this school does not create."""
    async with bench(database_url) as made:
        found = Place(made, Installation(kinds_off=NO_SUBJECTS), NO_SUBJECTS)
        await ingest(made.engine, *facts())
        await found.work()
        yield found


async def test_missing_chats_are_made_though_their_kind_is_off_and_stay_from_then_on(
    place: Place,
) -> None:
    plan = await place.plan()
    assert [(each.forecast.chat.chat_id, each.forecast.entering) for each in plan.chats
            if each.forecast.fate is Fate.MADE] == [(CHEMISTRY, 13)]  # fmt: skip
    assert (plan.entering, plan.leaving, plan.takes) == (13, 0, False)
    assert not await place.fetch("SELECT 1 FROM chats WHERE kind = 'subject'")
    assert isinstance(await place.begin(plan), Begun)
    await place.work()
    assert await place.members(CHEMISTRY) == {"chemist", *PUPILS}
    await ingest(place.bench.engine, make.withdrawal(PUPILS[0]))
    await place.work()
    assert await place.members(CHEMISTRY) == {"chemist", *PUPILS[1:]}
    assert (await place.plan()).made == 0


async def test_every_existing_chat_of_the_kinds_is_read_anew_and_no_other(place: Place) -> None:
    before = await place.fetch("SELECT chat_id, read_at FROM chat_sync")
    await place.begin(await place.plan(frozenset({ChatKind.CLASS})))
    await place.work()
    after = await place.fetch("SELECT chat_id, read_at FROM chat_sync")
    assert {chat for chat, _ in set(after) - set(before)} == {CLASS, ChatId("class:8a")}


async def test_those_added_by_hand_stay_unless_somebody_chooses_otherwise(place: Place) -> None:
    """More of them than the guard would let go by itself."""
    guests = ["guest", "chemist", "other", CHIEF]
    for each in guests:
        await place.by_hand(each, MembershipDecision.ADDED)
    await place.by_hand("guest", RoleDecision.ADMINISTRATOR)
    await place.by_hand(PUPILS[0], MembershipDecision.ADDED)  # who belongs by the register too
    await place.work()
    keeping = await place.plan(frozenset({ChatKind.CLASS}))
    assert (keeping.dropped, keeping.takes) == (0, False)
    await place.begin(keeping)
    await place.work()
    assert await place.members(CLASS) == {"leader", *guests, *PUPILS}
    await place.standing()

    dropping = await place.plan(frozenset({ChatKind.CLASS}), drops=True)
    told = chat_of(dropping, CLASS)
    assert {each.person_id for each in told.people} == set(guests)
    assert (told.leaving, dropping.dropped) == (4, 5)
    assert isinstance(await place.begin(dropping), Begun)
    # The chat is looked at before what was decided is derived, and is as it should be.
    await place.bench.settle()
    assert await place.members(CLASS) == {"leader", *guests, *PUPILS}
    await place.work()
    assert await place.members(CLASS) == {"leader", *PUPILS}
    assert await place.fetch("SELECT state FROM held_plans") == [("done",)]
    decided = await place.fetch(
        """SELECT person_id, subject, choice, author FROM decisions
            WHERE decision_id LIKE '%:initialise:%' ORDER BY person_id, subject"""
    )
    assert decided == sorted(
        [(each, "membership", "none", CHIEF) for each in (*guests, PUPILS[0])]
        + [("guest", "role", "none", CHIEF)]
    )
    told_others = "SELECT count(*) FROM outbox WHERE event_id LIKE '%:initialise:%'"
    assert await place.fetch(told_others) == [(6,)]


async def withdrawn(place: Place, *pupils: str) -> None:
    """So many that the guard would hold them; derived, and not looked at yet."""
    await ingest(place.bench.engine, *(make.withdrawal(pupil) for pupil in pupils))
    await place.derive()


async def test_the_confirmation_is_an_approval_of_exactly_whom_it_shows(place: Place) -> None:
    await withdrawn(place, *PUPILS[:6])
    plan = await place.plan()
    told = chat_of(plan, CLASS)
    assert {each.person_id for each in told.people} == set(PUPILS[:6])
    assert (plan.leaving, told.forecast.elsewhere) == (6, ())
    assert isinstance(await place.begin(plan), Begun)
    await withdrawn(place, *PUPILS[6:11])
    await place.work()
    assert await place.members(CLASS) == {"leader", *PUPILS[6:]}
    (held,) = await place.fetch("SELECT removals, scope FROM held_plans WHERE state = 'held'")
    assert held == (5, "chat")
    journal = await place.fetch("SELECT decision, decided_by FROM plan_decisions")
    assert journal == [("approved", CHIEF)]


async def test_whoever_leaves_between_the_look_and_the_confirmation_changes_nothing_yet(
    place: Place,
) -> None:
    await place.by_hand("guest", MembershipDecision.ADDED)
    await withdrawn(place, *PUPILS[:6])
    stale = await place.plan(drops=True)
    await withdrawn(place, PUPILS[6])
    before = await state(place)
    assert isinstance(await place.begin(stale), Changed)
    assert await state(place) == before
    # Another chat to make, or somebody more by hand, is something else too.
    stale = await place.plan(drops=True)
    await place.by_hand("chemist", MembershipDecision.ADDED)
    assert isinstance(await place.begin(stale), Changed)
    stale = await place.plan(drops=True)
    await ingest(place.bench.engine, make.group("phys", ["chemist"]))
    await place.derive()
    assert isinstance(await place.begin(stale), Changed)
    # Who enters is not: nobody is hurt by that.
    fresh = await place.plan(drops=True)
    await ingest(
        place.bench.engine,
        Profile(make.rank(), PersonId("new"), MaxUserId(99)),
        make.enrolment("new"),
    )
    await place.derive()
    assert isinstance(await place.begin(fresh), Begun)


async def test_whoever_decides_by_hand_at_the_same_moment_is_waited_for(place: Place) -> None:
    await place.by_hand("guest", MembershipDecision.ADDED)
    await place.work()
    plan = await place.plan(drops=True)
    waits = """SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"""
    async with transaction(place.bench.engine) as connection:
        await journal.lock(connection, CLASS)
        added = make.decision("chemist", MembershipDecision.ADDED, CLASS, "at-once")
        await decisions.record(connection, added)
        beginning = asyncio.create_task(place.begin(plan))
        while not beginning.done() and not await place.fetch(waits):  # noqa: ASYNC110 - PostgreSQL's
            await asyncio.sleep(0.02)
    assert isinstance(await beginning, Changed)


async def test_who_joins_before_the_calls_is_not_taken_out_though_it_was_approved(
    place: Place,
) -> None:
    await withdrawn(place, *PUPILS[:6])
    await place.begin(await place.plan())
    await ingest(place.bench.engine, make.cancellation(f"-{PUPILS[0]}"))
    await place.work()
    assert await place.members(CLASS) == {"leader", PUPILS[0], *PUPILS[6:]}
    # And is nobody whom the approval covers when the register lets them go again.
    await ingest(
        place.bench.engine,
        *(make.withdrawal(each, order_id=f"--{each}") for each in (PUPILS[0], *PUPILS[6:11])),
    )
    await place.work()
    assert await place.members(CLASS) == {"leader", PUPILS[0], *PUPILS[6:]}


async def test_what_was_held_and_what_was_rejected_before(place: Place) -> None:
    await withdrawn(place, *PUPILS[:6])
    await place.work()
    ((plan_hash,),) = await place.fetch("SELECT hash FROM held_plans WHERE state = 'held'")
    terms = Terms(24, 30)
    decider = Decider(ADMINISTRATOR, CHIEF)
    await decide(place.bench.engine, decider, CLASS, str(plan_hash), Choice.REFUSE, terms)
    plan = await place.plan()
    assert (plan.leaving, chat_of(plan, CLASS).forecast.refused) == (0, 6)
    await place.begin(plan)
    await place.work()
    assert await place.members(CLASS) == {"leader", *PUPILS}
    await place.standing()
    # Others leave beside them, as many as wait: theirs is what is shown, and what goes.
    await withdrawn(place, *PUPILS[6:11])
    await place.work()
    plan = await place.plan()
    assert (chat_of(plan, CLASS).leaving, chat_of(plan, CLASS).forecast.refused) == (5, 6)
    await place.begin(plan)
    await place.work()
    assert await place.members(CLASS) == {"leader", *PUPILS[:6], PUPILS[11]}


async def test_what_is_held_besides_keeps_its_own_hold(place: Place) -> None:
    """A later hold is not lost by a confirmation that was about fewer."""
    await withdrawn(place, *PUPILS[:6])
    plan = await place.plan()
    await withdrawn(place, *PUPILS[6:11])
    await place.bench.settle()
    assert isinstance(await place.begin(plan), Changed)
    assert await place.fetch("SELECT removals FROM held_plans WHERE state = 'held'") == [(11,)]


async def test_of_a_chat_that_was_not_read_nobody_is_approved(place: Place) -> None:
    await withdrawn(place, *PUPILS[:6])
    await place.bench.sql("UPDATE chat_sync SET observed_at = NULL")
    plan = await place.plan()
    told = chat_of(plan, CLASS).forecast
    assert (told.known, plan.leaving, plan.unknown) == (False, 0, 4)
    await place.begin(plan)
    await place.work()
    assert await place.members(CLASS) == {"leader", *PUPILS}
    assert await place.fetch("SELECT removals FROM held_plans WHERE state = 'held'") == [(6,)]


async def test_the_limit_of_all_is_an_operators_to_lift(place: Place) -> None:
    limits = GuardLimits(total_floor=5, total_share=0.0)
    policy = GuardPolicy(limits)
    place.installation = replace(place.installation, guard=policy)
    await withdrawn(place, *PUPILS[:2])
    assert (await place.plan()).too_many is None
    await withdrawn(place, *PUPILS[:6])
    by_the_school = await place.plan()
    assert by_the_school.too_many is not None
    assert by_the_school.too_many.scope is GuardScope.TOTAL
    assert (await place.plan(who=OPERATOR)).too_many is None
    await place.begin(by_the_school)
    place.bench.store = PostgresReconcileStore(place.bench.engine, policy=policy)
    place.bench.reconciler = place.bench.reconciler_of(place.bench.messenger)
    await place.work()
    assert await place.members(CLASS) == {"leader", *PUPILS}
    assert not await place.fetch("SELECT 1 FROM plan_decisions")


async def test_a_chat_that_somebody_deleted_is_made_anew_and_empty(place: Place) -> None:
    async with transaction(place.bench.engine) as connection:
        await decisions.delete(connection, CLASS, "somebody")
    early = await place.plan()
    assert chat_of(early, CLASS).forecast.fate is Fate.ANEW  # decided, and not derived yet
    await place.work()
    plan = await place.plan()
    told = chat_of(plan, CLASS).forecast
    assert (told.fate, told.entering, plan.leaving) == (Fate.ANEW, 13, 0)
    await place.begin(plan)
    await place.work()
    assert await place.members(CLASS) == {"leader", *PUPILS}
    numbers = [str(each["external_id"]) for each in await place.bench.chats() if of(each, CLASS)]
    assert numbers[-1] == f"{CLASS}#1"
    kept = await place.fetch(
        "SELECT author FROM decisions WHERE subject = 'deleted' AND choice = 'kept'"
    )
    assert kept == [(CHIEF,)]


async def test_a_chat_that_max_deleted_is_made_anew(place: Place) -> None:
    (made,) = [each for each in await place.bench.chats() if of(each, CLASS)]
    place.bench.simulator.world.chats.delete(int(str(made["chat_id"])))
    await place.begin(await place.plan())
    await place.work()
    assert (await place.standing()).latest is not None
    plan = await place.plan()
    assert chat_of(plan, CLASS).forecast.fate is Fate.ANEW
    await place.begin(plan)
    await place.work()
    assert await place.members(CLASS) == {"leader", *PUPILS}


async def test_closed_chats_and_those_made_by_hand_are_left_alone(place: Place) -> None:
    await ingest(
        place.bench.engine, make.school_class("8a", name="8а", closed_on=make.TODAY, version=2)
    )
    await place.bench.sql(
        """INSERT INTO chats (chat_id, kind, school_id, title)
           VALUES ('hand:1', 'class', 's1', 'Поход'), ('class:nowhere', 'class', 's1', 'Было')"""
    )
    await place.derive()
    await place.bench.settle()
    plan = await place.plan()
    assert {each.forecast.chat.chat_id for each in plan.chats} == {ROOM, CLASS, PARENTS, CHEMISTRY}


async def test_two_at_once_are_one_and_the_other_is_told(place: Place) -> None:
    plan, other = await place.plan(), await place.plan(frozenset({ChatKind.CLASS}))
    outcomes = await asyncio.gather(
        place.begin(plan), place.begin(other), place.begin(plan, OPERATOR, "operator")
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Begun", "UnderWay", "UnderWay"]
    assert await place.fetch("SELECT count(*) FROM initialisations") == [(1,)]
    await place.work()
    assert not (await place.standing()).is_under_way
    # The same form sent twice is one start, and no refusal.
    plan = await place.plan()
    again = await asyncio.gather(place.begin(plan), place.begin(plan))
    assert all(isinstance(each, Begun) for each in again)
    assert await place.fetch("SELECT count(*) FROM initialisations") == [(2,)]


async def test_it_tells_how_far_it_is_and_ends_when_every_chat_is_through(place: Place) -> None:
    await place.begin(await place.plan())
    found = await place.standing()
    assert found.latest is not None
    assert (found.is_under_way, found.latest.settled, len(found.latest.chats)) == (True, 0, 6)
    assert found.latest.started_by == CHIEF
    # Looked at, and not derived: not through yet.
    await place.bench.settle()
    assert (await place.standing()).is_under_way
    await place.derive()
    lease = await place.bench.store.claim()
    assert lease is not None
    await place.bench.reconcile(lease)
    await place.work()
    upkeep = Upkeep(place.bench.engine, DeriveConfig(kinds_off=place.off), Retention())
    await upkeep.look()
    ended = await place.fetch("SELECT ended_at IS NOT NULL FROM initialisations")
    assert ended == [(True,)]
    # What happens to a chat later is no more of it.
    async with transaction(place.bench.engine) as connection:
        await mark_due(connection, [CLASS], Lane.LIVE)
    found = await place.standing()
    assert found.latest is not None
    assert (found.is_under_way, found.latest.settled) == (False, 6)


@pytest.mark.parametrize("shift", ["2 hours", "-2 hours"])
async def test_it_ends_by_itself_whatever_the_clock_says(
    place: Place, database_url: str, shift: str
) -> None:
    await place.begin(await place.plan())
    async with engine_of(database_url, clock_shift=shift) as later:
        async with transaction(later) as connection:
            await initialisations.end_those_over(connection)
        found = await initialising_standing.standing(
            StaffStore(later), ADMINISTRATOR, SCHOOL, place.installation
        )
    assert not found.is_under_way
    assert found.latest is not None
    assert found.latest.settled == 0
    assert isinstance(await place.begin(await place.plan()), Begun)


async def test_a_chat_that_fails_keeps_it_under_way_and_is_told_of(place: Place) -> None:
    await place.begin(await place.plan())
    await place.bench.fault(
        method="GET", path="/chats/{chatId}/members", kind="status", status=500, count=100
    )
    await place.derive()
    for _ in range(4):
        await place.bench.settle()
        await place.bench.hurry()
    found = await place.standing()
    assert found.latest is not None
    assert found.is_under_way
    assert {each.standing.value for each in found.latest.chats if not each.settled} <= {
        "pending", "failing",
    }  # fmt: skip


async def test_it_is_not_for_everybody(place: Place) -> None:
    foreign = Actor(
        PersonId("x"),
        administers=frozenset({SchoolId("s2")}),
        works_in=frozenset({SchoolId("s2"), SCHOOL}),
    )
    plan = await place.plan()
    for who in (foreign, Actor(PersonId("leader"), works_in=frozenset({SCHOOL})), Actor()):
        before = await state(place)
        with pytest.raises(NotPermitted):
            await place.plan(who=who)
        with pytest.raises(NotPermitted):
            await place.begin(plan, who)
        with pytest.raises(NotPermitted):
            await place.standing(who)
        assert await state(place) == before
    with pytest.raises(AuthorIsNoId):
        await place.begin(plan, name="Иванова Анна")
    with pytest.raises(NoSuchSchool):
        await initialising.plan(
            place.store, OPERATOR, InitialisingWish(SchoolId("nowhere"), EVERY), place.installation
        )
    place.installation = Installation(kinds_off=ChatKindsOff(installation=EVERY))
    with pytest.raises(ModuleOff):
        await place.plan()
