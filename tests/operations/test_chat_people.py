"""A chat's people are shown, chosen and changed by whoever manages it; each act is undoable."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.translate import fact_of
from domain import facts as register
from domain.actors import Actor
from domain.by_hand import Act
from domain.choice import Choice
from domain.days import local_date, zone_of
from domain.decisions import Decision, RoleDecision
from domain.facts import Cancellation, Employment, Fact, Guardianship, Person, School, fold
from domain.ids import ChatId, MaxUserId, PersonId, SchoolId
from domain.orders import live, placement
from domain.rules import belongs_to_school
from operations import candidates as picking
from operations import outsiders
from operations.candidates import CandidatesFilter, CandidatesLook, Order, Part, SortedBy
from operations.chat_people import ChatPeople, Look, chat_people
from operations.chat_title import rename
from operations.errors import NoSuchChat, NotPermitted
from operations.member_answers import (
    Done,
    Leaving,
    ListChanged,
    Overtaken,
    Refusal,
    Refused,
    Seen,
    Stay,
    Undone,
)
from operations.member_changes import act_on_members
from operations.member_choice import MembersFilter, Show
from operations.outsiders import Keeping
from operations.undoing import act_of, undo
from projections.by_hand import decisions, journal
from projections.database import transaction
from projections.staff import actors, fence
from projections.staff.store import StaffStore
from rollcall.publish import local_today
from schemas.decode import Decoded, decode
from synth import generate
from tests.domain import builders as make
from tests.projections.builders import derive_all, engine_of, fetch, ingest, memberships
from tests.staff import town
from tests.staff.crowd import crowd, crowd_id, trouble
from tests.staff.town import ALPHA, BETA

CHAT = ALPHA.chat("class", "7a")
PUPIL = PersonId(ALPHA.id("pupil-1"))


@pytest.fixture
async def engine(town_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(town_url) as made:
        yield made


class Desk:
    """One person at one chat: what they see, and what they do about it."""

    def __init__(self, engine: AsyncEngine, who: Actor, chat: ChatId = CHAT) -> None:
        self.store, self.who, self.chat = StaffStore(engine), who, chat

    async def see(self, look: Look | None = None) -> ChatPeople:
        return await chat_people(self.store, self.who, self.chat, look or Look())

    async def do(self, act: Act, *people: PersonId, seen: Seen | None = None) -> object:
        choice: Choice[MembersFilter] = Choice(also=frozenset(people))
        seen = seen or await self.seen()
        return await act_on_members(self.store, self.who, self.chat, act, choice, seen)

    async def add(self, *people: PersonId) -> object:
        found = await picking.candidates(self.store, self.who, self.chat, CandidatesLook())
        choice: Choice[CandidatesFilter] = Choice(also=frozenset(people))
        seen = Seen(uuid4(), found.position)
        return await picking.add(self.store, self.who, self.chat, choice, seen)

    async def pick(self, wanted: CandidatesFilter, order: Order) -> picking.Candidates:
        look = CandidatesLook(wanted, order)
        return await picking.candidates(self.store, self.who, self.chat, look)

    async def seen(self, choice: Choice[MembersFilter] | None = None) -> Seen:
        shown = await self.see(Look(choice=choice or Choice()))
        return Seen(uuid4(), shown.position, shown.seen)


async def desk(engine: AsyncEngine, name: str, chat: ChatId = CHAT) -> Desk:
    async with transaction(engine) as connection:
        who = await actors.actor(connection, PersonId(ALPHA.id(name)))
    assert who is not None
    return Desk(engine, who, chat)


async def _forget_titles(engine: AsyncEngine) -> None:
    """As if nobody had ever called a chat anything."""
    async with transaction(engine) as connection:
        await connection.execute(text("DELETE FROM decisions WHERE subject = 'title'"))


def _region(pupils: int, seed: int) -> list[Fact]:
    facts: list[Fact] = []
    for event in generate(pupils, seed, local_today()):
        read = decode((), None, json.dumps(event).encode())
        assert isinstance(read, Decoded), read
        facts.append(fact_of(read))
    return facts


def _tricky() -> list[Fact]:
    """Orders that contradict each other, in the own school."""
    enrolled, left = date(2026, 9, 1), date(2026, 10, 1)
    facts: list[Fact] = []
    for number, orders in enumerate((
        [(enrolled, "7a", "+"), (left, "7a", "-")],
        [(enrolled, "7a", "+"), (left, "8b", "-")],
        [(enrolled, "7a", "+"), (left, "7a", "-"), (left, "8b", "+")],
        [(enrolled, "7a", "-"), (enrolled, "7a", "+")],
        [(enrolled, "7a", "+"), (date(2100, 1, 1), "7a", "-")],
        [(date(2100, 1, 1), "7a", "+")],
        [(enrolled, "7a", "+"), (left, "7a", "-"), (left, "7a", "cancel")],
    )):  # fmt: skip
        pupil = ALPHA.id(f"tricky-{number}")
        facts += [make.person(pupil), make.guardianship(f"{pupil}-parent", pupil)]
        facts += [make.person(f"{pupil}-parent")]
        for place, (on, class_id, what) in enumerate(orders):
            order_id = f"{pupil}:{place}"
            if what == "cancel":
                facts.append(make.cancellation(f"{pupil}:{place - 1}", ALPHA.school))
            elif what == "+":
                facts.append(make.enrolment(pupil, ALPHA.id(class_id), on, order_id, ALPHA.school))
            else:
                facts.append(make.withdrawal(pupil, ALPHA.id(class_id), on, order_id, ALPHA.school))
    return facts


def _belonging(facts: Iterable[Fact], school: School) -> set[str]:
    """By ``domain.rules``, of everybody's facts."""
    today = local_date(zone_of(school.timezone), datetime.now(UTC))
    known = list(fold(facts).values())
    cancelled = {(e.order_id, e.school_id) for e in known if isinstance(e, Cancellation)}
    orders = defaultdict(list)
    for order in live([each for each in known if isinstance(each, register.Order)], cancelled):
        if order.school_id == school.school_id:
            orders[order.pupil_id].append(order)
    placed = {pupil for pupil, own in orders.items() if placement(own, today)}
    removed = {each.person_id for each in known if isinstance(each, Person) and each.removed}
    employed = {
        each.person_id: each
        for each in known
        if isinstance(each, Employment) and each.school_id == school.school_id
    }
    bonds = defaultdict(list)
    for bond in known:
        if isinstance(bond, Guardianship):
            bonds[bond.guardian_id].append(bond)
    people = {*employed, *orders, *bonds}
    return {
        each
        for each in people
        if belongs_to_school(each, employed.get(each), placed, bonds[each], removed)
    }


async def names(engine: AsyncEngine) -> set[str]:
    """Who belongs in the chat, after whatever was decided."""
    await derive_all(engine)
    return set((await memberships(engine))[CHAT])


async def test_a_class_teacher_sees_their_pupils_with_what_brought_them_here(
    engine: AsyncEngine,
) -> None:
    shown = await (await desk(engine, "leader")).see()
    by_id = {each.person_id: each for each in shown.members.rows}
    assert by_id[PUPIL].reasons[0].kind == "order"
    order = by_id[PUPIL].reasons[0].order
    assert order is not None
    assert shown.behind.orders[order].number
    assert by_id[PersonId(ALPHA.id("pupil-2"))].state == "no_profile"
    assert shown.card.class_name == "alpha 7а"


async def test_removing_adding_and_changing_roles_reaches_who_is_expected_and_can_be_undone(
    engine: AsyncEngine,
) -> None:
    at = await desk(engine, "leader")
    before = await names(engine)
    removed = await at.do(Act.REMOVE, PUPIL)
    assert isinstance(removed, Done)
    assert removed.people == 1
    assert await names(engine) == before - {PUPIL}
    assert await undo(at.store, at.who, CHAT, removed.act_id) == Undone(1, 0)
    assert await undo(at.store, at.who, CHAT, removed.act_id) == Undone(1, 0)
    assert await names(engine) == before
    promoted = await at.do(Act.PROMOTE, PUPIL)
    assert isinstance(promoted, Done)
    await derive_all(engine)
    assert (await memberships(engine))[CHAT][PUPIL] == "administrator"
    assert isinstance(await at.do(Act.DEMOTE, PUPIL), Done)
    await derive_all(engine)
    assert (await memberships(engine))[CHAT][PUPIL] == "member"
    assert await act_of(at.store, at.who, CHAT, promoted.act_id) == promoted


async def test_an_act_that_is_sent_twice_is_done_once(engine: AsyncEngine) -> None:
    at = await desk(engine, "leader")
    seen = await at.seen()
    first = await at.do(Act.REMOVE, PUPIL, seen=seen)
    count = await fetch(engine, "SELECT count(*) FROM decisions")
    assert await at.do(Act.REMOVE, PUPIL, seen=seen) == first
    assert await fetch(engine, "SELECT count(*) FROM decisions") == count


async def test_nobody_overrides_unseen_what_somebody_else_decided(engine: AsyncEngine) -> None:
    mine, other = await desk(engine, "leader"), await desk(engine, "administrator")
    seen = await mine.seen()
    assert isinstance(await other.do(Act.PROMOTE, PUPIL), Done)
    answer = await mine.do(Act.REMOVE, PUPIL, seen=seen)
    assert isinstance(answer, Overtaken)
    assert [each.author for each in answer.entries] == [ALPHA.id("administrator")]
    await derive_all(engine)
    assert (await memberships(engine))[CHAT][PUPIL] == "administrator"
    # About others it is done all the same, and what was seen meanwhile can be decided.
    pupil_2 = PersonId(ALPHA.id("pupil-2"))
    assert isinstance(await mine.do(Act.REMOVE, pupil_2, seen=Seen(uuid4(), seen.position)), Done)
    assert isinstance(await mine.do(Act.REMOVE, PUPIL), Done)
    assert PUPIL not in await names(engine)


async def test_two_at_once_are_one_after_the_other(engine: AsyncEngine) -> None:
    mine, other = await desk(engine, "leader"), await desk(engine, "administrator")
    first, second = await mine.seen(), await other.seen()
    answers = await asyncio.gather(
        mine.do(Act.REMOVE, PUPIL, seen=first), other.do(Act.PROMOTE, PUPIL, seen=second)
    )
    assert {type(each) for each in answers} == {Done, Overtaken}


async def test_what_is_undone_leaves_alone_what_was_decided_since(engine: AsyncEngine) -> None:
    at = await desk(engine, "leader")
    pupil_2 = PersonId(ALPHA.id("pupil-2"))
    removed = await at.do(Act.REMOVE, PUPIL, pupil_2)
    assert isinstance(removed, Done)
    again = await at.do(Act.REMOVE, PUPIL)
    assert isinstance(again, Done)
    assert await undo(at.store, at.who, CHAT, removed.act_id) == Undone(1, 1)
    found = await names(engine)
    assert PUPIL not in found
    assert pupil_2 in found


async def test_nothing_by_hand_outlasts_its_purpose(engine: AsyncEngine) -> None:
    """Who belongs is not added besides; who was added, made administrator and removed, is gone."""
    at = await desk(engine, "leader")
    await at.do(Act.REMOVE, PUPIL)
    await derive_all(engine)
    assert isinstance(await at.add(PUPIL), Done)
    grandmother = PersonId(ALPHA.id("parent-1"))
    assert isinstance(await at.add(grandmother), Done)
    assert {PUPIL, grandmother} <= await names(engine)
    await at.do(Act.PROMOTE, grandmother)
    await derive_all(engine)
    assert (await memberships(engine))[CHAT][grandmother] == "administrator"
    await at.do(Act.REMOVE, grandmother)
    assert grandmother not in await names(engine)
    await at.add(grandmother)
    await derive_all(engine)
    assert (await memberships(engine))[CHAT][grandmother] == "member"
    # The pupil is withdrawn: nothing by hand keeps them.
    gone = make.withdrawal(PUPIL, ALPHA.id("7a"), school_id=ALPHA.school)
    await ingest(engine, gone)
    assert PUPIL not in await names(engine)


async def test_thousands_are_chosen_by_their_filter_and_a_few_taken_out(
    engine: AsyncEngine,
) -> None:
    await crowd(engine, 1200)
    at = await desk(engine, "administrator")
    wanted = MembersFilter("ученик")
    all_of: Choice[MembersFilter] = Choice(wanted)
    all_but = all_of.turned({crowd_id(1000), crowd_id(1001)}, set())
    shown = await at.see(Look(wanted, choice=all_but))
    assert (shown.matching, shown.chosen) == (1181, 1179)
    seen = await at.seen(all_but)
    answer = await act_on_members(at.store, at.who, CHAT, Act.REMOVE, all_but, seen)
    assert isinstance(answer, Done)
    assert answer.people == 1179
    left = await names(engine)
    assert {crowd_id(1000), crowd_id(1001)} <= left
    assert len(left) == 1200 - 1179 + 3
    assert await undo(at.store, at.who, CHAT, answer.act_id) == Undone(1179, 0)
    assert len(await names(engine)) == 1203
    told = "SELECT count(*) FROM outbox WHERE topic = 'rollcall.decisions' AND refused IS NULL"
    by_act = "SELECT count(*) FROM decisions WHERE author <> 'somebody'"
    assert await fetch(engine, told) == await fetch(engine, by_act)


async def test_a_filter_that_takes_others_than_were_shown_does_nothing(
    engine: AsyncEngine,
) -> None:
    await crowd(engine, 30)
    at = await desk(engine, "leader")
    choice = Choice(MembersFilter("ученик"))
    seen = await at.seen(choice)
    await crowd(engine, 31)
    answer = await act_on_members(at.store, at.who, CHAT, Act.REMOVE, choice, seen)
    assert answer == ListChanged()
    assert len(await names(engine)) == 34


async def test_surnames_are_found_with_yo_and_ye_alike_and_stand_in_russian_order(
    engine: AsyncEngine,
) -> None:
    await crowd(engine, 30)
    at = await desk(engine, "leader")
    shown = await at.see(Look(MembersFilter("ЁЛКИН")))
    assert [each.name and each.name.surname for each in shown.members.rows] == ["Елкина", "Ёлкин"]
    found = await at.pick(CandidatesFilter("елкин"), Order(by=SortedBy.SURNAME, descending=True))
    assert [each.name.surname for each in found.people.rows] == ["Ёлкин", "Елкина"]


async def test_the_choice_of_the_window_is_what_is_added(engine: AsyncEngine) -> None:
    await crowd(engine, 30)
    at = await desk(engine, "administrator", ALPHA.chat("parents", "7a"))
    girls = CandidatesFilter(parts=frozenset({Part.PUPIL}), sex="female", class_id=ALPHA.id("7a"))
    staff = PersonId(ALPHA.id("staff"))
    by_hand: Choice[CandidatesFilter] = Choice(also=frozenset({staff}))
    choice = by_hand.all_of(girls).turned({crowd_id(1)}, set())
    look = CandidatesLook(girls, Order(page=2), choice)
    found = await picking.candidates(at.store, at.who, at.chat, look)
    assert (found.people.total, found.people.number, found.chosen) == (17, 2, 17)
    assert len(found.people.rows) == 7
    seen = Seen(uuid4(), found.position, found.seen)
    answer = await picking.add(at.store, at.who, at.chat, choice, seen)
    assert answer == Done(Act.ADD, seen.act_id, 17)
    await derive_all(engine)
    inside = set((await memberships(engine))[at.chat])
    assert inside >= {staff, *(crowd_id(number) for number in range(3, 30, 2))}
    assert crowd_id(1) not in inside
    again = await picking.candidates(at.store, at.who, at.chat, CandidatesLook(girls))
    assert (again.people.total, again.matching) == (17, 1)


async def test_nobody_of_another_school_can_be_added_whatever_is_sent(engine: AsyncEngine) -> None:
    at = await desk(engine, "administrator")
    assert await at.add(PersonId(BETA.id("pupil-1"))) == Refused(Refusal.NOBODY)
    assert await at.add(PersonId(ALPHA.id("left-teacher"))) == Refused(Refusal.NOBODY)


async def test_whoever_administers_two_schools_chooses_for_a_chat_of_one_among_its_people(
    engine: AsyncEngine,
) -> None:
    both = frozenset({SchoolId(ALPHA.school), SchoolId(BETA.school)})
    who = Actor(PersonId(ALPHA.id("administrator")), administers=both, works_in=both)
    at = Desk(engine, who)
    found = await at.pick(CandidatesFilter(), Order(size=100))
    assert {str(each.person_id).split("-")[0] for each in found.people.rows} == {"alpha"}
    assert await at.add(PersonId(BETA.id("pupil-1"))) == Refused(Refusal.NOBODY)


async def test_whom_the_window_shows_is_whoever_belongs_to_the_school(
    engine: AsyncEngine, seed: int
) -> None:
    """The view's spelling of the rule against the rule itself, in a made-up region."""
    own = [*_tricky(), *(fact for ids in (ALPHA, BETA) for fact in town.facts(ids, 1))]
    facts = [*_region(400, seed % 1000), *own]
    await ingest(engine, *facts)
    checked = 0
    for school in (each for each in fold(facts).values() if isinstance(each, School)):
        which = school.school_id
        who = Actor(administers=frozenset({which}), works_in=frozenset({which}))
        async with fence.reading(engine, who) as connection:
            rows = await connection.execute(
                text("SELECT DISTINCT person_id FROM staff.people_of_schools")
            )
            shown = {str(row.person_id) for row in rows}
        wanted = _belonging(facts, school)
        assert shown == wanted, which
        checked += len(wanted)
    assert checked > 400


async def test_the_title_is_changed_told_of_and_given_back(engine: AsyncEngine) -> None:
    at = await desk(engine, "leader")
    chat = at.chat = ALPHA.chat("subject", "chem")
    await _forget_titles(engine)
    before = (await at.see()).card.title
    done = await rename(at.store, at.who, chat, "  Химия   и жизнь ", await at.seen())
    assert isinstance(done, Done)
    await derive_all(engine)
    assert (await at.see()).card.title == "Химия и жизнь"
    stale = Seen(uuid4(), 0)
    assert isinstance(await rename(at.store, at.who, chat, "Другое", stale), Overtaken)
    assert isinstance(await undo(at.store, at.who, chat, done.act_id), Undone)
    await derive_all(engine)
    assert (await at.see()).card.title == before
    for title, refusal in (
        (" ", Refusal.TITLE_EMPTY),
        ("Ж" * 201, Refusal.TITLE_LONG),
        ("7а\u202eб", Refusal.TITLE_SIGNS),
    ):
        answer = await rename(at.store, at.who, chat, title, await at.seen())
        assert answer == Refused(refusal)


async def test_no_more_than_fifty_are_made_administrators(engine: AsyncEngine) -> None:
    await crowd(engine, 60)
    at = await desk(engine, "leader")
    many = [crowd_id(number) for number in range(50)]
    assert await at.do(Act.PROMOTE, *many) == Refused(Refusal.TOO_MANY_ADMINISTRATORS)
    assert isinstance(await at.do(Act.PROMOTE, *many[:49]), Done)


async def test_whoever_may_not_is_refused_and_a_foreign_chat_is_not_there(
    engine: AsyncEngine,
) -> None:
    before = await fetch(engine, "SELECT count(*) FROM decisions")
    for name in ("staff", "chemist", "other-leader"):
        at = await desk(engine, name)
        shown = await at.see()
        assert not shown.rights.see_members
        assert not shown.members.rows
        assert [each.given_name for each in shown.administrators] == ["leader"]
        with pytest.raises(NotPermitted):
            await at.do(Act.REMOVE, PUPIL)
        with pytest.raises(NotPermitted):
            await at.add(PUPIL)
        with pytest.raises(NotPermitted):
            await rename(at.store, at.who, CHAT, "Чужое", Seen(uuid4(), 99))
    foreign = await desk(engine, "administrator", BETA.chat("class", "7a"))
    with pytest.raises(NoSuchChat):
        await foreign.see()
    with pytest.raises(NoSuchChat):
        await foreign.do(Act.REMOVE, PersonId(BETA.id("pupil-1")), seen=Seen(uuid4(), 99))
    with pytest.raises(NoSuchChat):
        await undo(foreign.store, foreign.who, foreign.chat, uuid4())
    assert await fetch(engine, "SELECT count(*) FROM decisions") == before


async def test_whom_an_administrator_brought_in_is_kept_or_taken_out(engine: AsyncEngine) -> None:
    await crowd(engine, 2)
    await trouble(engine)
    at = await desk(engine, "leader")
    shown = await at.see(Look(MembersFilter(show=Show.OUTSIDERS)))
    known, unknown = shown.members.rows
    assert (known.name and known.name.given_name, unknown.name) == ("staff", None)
    assert known.by is not None
    assert known.by.given_name == "leader"
    account = MaxUserId(9999)
    seen = await at.seen()
    for _ in range(2):  # as a form that is sent twice
        kept = await outsiders.keep(at.store, at.who, CHAT, account, seen)
        assert kept == Done(Stay.KEPT, seen.act_id, 1)
    assert await outsiders.keep(at.store, at.who, CHAT, account, await at.seen()) is Keeping.ALREADY
    shown = await at.see(Look(MembersFilter(show=Show.OUTSIDERS)))
    assert shown.members.rows[1].kept_by == ALPHA.id("leader")
    seen = await at.seen()
    assert isinstance(await outsiders.take_out(at.store, at.who, CHAT, account, seen), Leaving)
    seen = await at.seen()
    staff = await outsiders.take_out(at.store, at.who, CHAT, MaxUserId(1005), seen)
    assert staff == Done(Act.REMOVE, seen.act_id, 1)
    assert await fetch(engine, "SELECT is_barred(:chat, 1005)", chat=CHAT) == [(True,)]


async def test_who_is_kept_stays_so_where_somebody_decided_about_them_meanwhile(
    engine: AsyncEngine,
) -> None:
    await crowd(engine, 2)
    await trouble(engine)
    at = await desk(engine, "leader")
    known = (await at.see(Look(MembersFilter(show=Show.OUTSIDERS)))).members.rows[0]
    assert known.person_id is not None
    account = MaxUserId(1005)
    seen = await at.seen()
    kept = await outsiders.keep(at.store, at.who, CHAT, account, seen)
    assert kept == Done(Stay.KEPT, seen.act_id, 1)
    seen = await at.seen()
    async with transaction(engine) as connection:
        now = await journal.lock(connection, CHAT)
        other = PersonId(ALPHA.id("administrator"))
        decision = Decision("other", CHAT, known.person_id, other, now, RoleDecision.MEMBER)
        await decisions.record(connection, decision)
    assert isinstance(await outsiders.take_out(at.store, at.who, CHAT, account, seen), Overtaken)
    assert await _kept(engine, 1005) == 1


async def _kept(engine: AsyncEngine, account: int) -> int:
    query = "SELECT count(*)::int FROM kept_accounts WHERE chat_id = :chat AND max_user_id = :who"
    ((count,),) = await fetch(engine, query, chat=CHAT, who=account)
    return int(str(count))


async def test_that_somebody_stays_is_taken_back_and_so_is_that_they_do_not(
    engine: AsyncEngine,
) -> None:
    await crowd(engine, 2)
    await trouble(engine)
    at = await desk(engine, "leader")
    seen = await at.seen()
    await outsiders.keep(at.store, at.who, CHAT, MaxUserId(9999), await at.seen())
    await outsiders.keep(at.store, at.who, CHAT, MaxUserId(1005), seen)
    for _ in range(2):
        assert await undo(at.store, at.who, CHAT, seen.act_id) == Undone(1, 0)
    assert (await _kept(engine, 1005), await _kept(engine, 9999)) == (0, 1)
    await outsiders.keep(at.store, at.who, CHAT, MaxUserId(1005), await at.seen())
    out = await at.seen()
    assert await outsiders.take_out(at.store, at.who, CHAT, MaxUserId(1005), out) == Done(
        Act.REMOVE, out.act_id, 1
    )
    assert await _kept(engine, 1005) == 0
    assert await undo(at.store, at.who, CHAT, out.act_id) == Undone(1, 0)
    assert await _kept(engine, 1005) == 1
    assert await fetch(engine, "SELECT is_barred(:chat, 1005)", chat=CHAT) == [(False,)]
    told = "SELECT value::text FROM outbox"
    stays = [row for (row,) in await fetch(engine, told) if "rollcall.stay.decided.v1" in str(row)]
    assert len(stays) == 6
