"""Who may do what, as one table: every right, every role, one's own, the neighbour's, foreign.

A is the school where everybody below works or learns. The class teacher leads 7а, the subject
teacher teaches chemistry in 7а, the chat's administrator runs the chat «поход», made by hand for
8б by the subject teacher of 8б. B is another school.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import may
from domain.actors import NOBODY, Actor, OperatorRole
from domain.chats import ChatKind
from domain.guard import GuardScope
from domain.ids import ChatId, ClassId, GroupId, LessonId, PersonId, SchoolId
from domain.rights import Right
from domain.things import (
    ChosenPerson,
    HeldPlan,
    NewChat,
    NewMembers,
    TheChat,
    TheClass,
    TheInstallation,
    TheLesson,
    TheMember,
    ThePerson,
    TheSchool,
    Thing,
)

A, B = SchoolId("A"), SchoolId("B")
OWN, NEIGHBOUR, FOREIGN = ClassId("7а"), ClassId("8б"), ClassId("B-7а")
CHEMISTRY, PHYSICS, ABROAD = GroupId("7а-химия"), GroupId("8б-физика"), GroupId("B-химия")


def chat(kind: ChatKind, school: SchoolId, of: ClassId | None, group: GroupId | None) -> TheChat:
    return TheChat(ChatId(f"{kind.value}:{group or of or school}"), school, kind, of, group)


HIKE = TheChat(
    ChatId("hand:1"), A, ChatKind.CLASS, NEIGHBOUR, None, made_by=PersonId("physics teacher")
)
FAIR = TheChat(ChatId("hand:2"), A, ChatKind.CLASS, NEIGHBOUR, None, made_by=PersonId("runner"))
CHATS = {
    "staff room": chat(ChatKind.STAFF_ROOM, A, None, None),
    "class 7а": chat(ChatKind.CLASS, A, OWN, None),
    "class 8б": chat(ChatKind.CLASS, A, NEIGHBOUR, None),
    "parents 7а": chat(ChatKind.PARENTS, A, OWN, None),
    "parents 8б": chat(ChatKind.PARENTS, A, NEIGHBOUR, None),
    "chemistry 7а": chat(ChatKind.SUBJECT, A, OWN, CHEMISTRY),
    "physics 8б": chat(ChatKind.SUBJECT, A, NEIGHBOUR, PHYSICS),
    "поход": HIKE,
    "ярмарка": FAIR,
    "class B": chat(ChatKind.CLASS, B, FOREIGN, None),
    "chemistry B": chat(ChatKind.SUBJECT, B, FOREIGN, ABROAD),
}


def names(*chats: str) -> frozenset[ChatId]:
    return frozenset(CHATS[each].chat_id for each in chats)


def person(name: str, **more: object) -> Actor:
    return replace(NOBODY, person_id=PersonId(name), **more)  # type: ignore[arg-type] # fields of Actor


# Roles as the facts make them, each alone. Who works in A is in works_in.
ACTORS = {
    "op": Actor(operator=OperatorRole.IDS),
    "op+": Actor(operator=OperatorRole.NAMES),
    "adm": person("administrator", administers=frozenset({A}), works_in=frozenset({A})),
    "cls": person("class teacher", works_in=frozenset({A}), leads={OWN: A}),
    "sub": person("chemistry teacher", works_in=frozenset({A}), teaches={CHEMISTRY: A}),
    "stf": person("staff", works_in=frozenset({A})),
    "run": person("runner", works_in=frozenset({A}), chats=names("поход"), runs={HIKE.chat_id: A}),
    "pup": person("pupil", chats=names("class 7а", "chemistry 7а")),
    "par": person(
        "parent",
        chats=names("parents 7а"),
        children=frozenset({PersonId("pupil")}),
        children_chats=names("class 7а", "chemistry 7а"),
    ),
    # A parent who was made an administrator of the parents chat: in MAX, not on the screens.
    "par+": person("parent too", chats=names("parents 7а"), runs={ChatId("parents:7а"): A}),
    "non": person("signed in and nothing more"),
}

MINE = ChosenPerson(PersonId("pupil"), frozenset({A}), frozenset({CHEMISTRY}))
OTHERS = ChosenPerson(PersonId("neighbour"), frozenset({A}), frozenset({PHYSICS}))
STRANGER = ChosenPerson(PersonId("stranger"), frozenset({B}), frozenset({CHEMISTRY}))


def new(kind: ChatKind, *people: ChosenPerson, school: SchoolId = A) -> NewChat:
    own = {ChatKind.SUBJECT: CHEMISTRY}.get(kind)
    return NewChat(school, kind, None if kind is ChatKind.STAFF_ROOM else OWN, own, people)


THINGS: dict[str, Thing] = {
    **CHATS,
    "installation": TheInstallation(),
    "school A": TheSchool(A),
    "school B": TheSchool(B),
    "7а": TheClass(A, OWN),
    "8б": TheClass(A, NEIGHBOUR),
    "B-7а": TheClass(B, FOREIGN),
    "A's pupil into 7а": NewMembers(CHATS["class 7а"], (OTHERS,)),
    "A's pupil into 8б": NewMembers(CHATS["class 8б"], (OTHERS,)),
    "A's pupil into chemistry": NewMembers(CHATS["chemistry 7а"], (OTHERS,)),
    "A's pupil into поход": NewMembers(HIKE, (OTHERS,)),
    "B's pupil into 7а": NewMembers(CHATS["class 7а"], (OTHERS, STRANGER)),
    "B's pupil into B": NewMembers(CHATS["class B"], (STRANGER,)),
    "new staff room": new(ChatKind.STAFF_ROOM, OTHERS),
    "new class 7а": new(ChatKind.CLASS, OTHERS),
    "new parents 7а": new(ChatKind.PARENTS, OTHERS),
    "new class 8б": NewChat(A, ChatKind.CLASS, NEIGHBOUR, None, (OTHERS,)),
    "new chemistry, own pupils": new(ChatKind.SUBJECT, MINE),
    "new chemistry, others too": new(ChatKind.SUBJECT, MINE, OTHERS),
    "new physics 8б": NewChat(A, ChatKind.SUBJECT, NEIGHBOUR, PHYSICS, (MINE,)),
    "new with B's pupil": new(ChatKind.SUBJECT, STRANGER),
    "new in B": NewChat(B, ChatKind.CLASS, FOREIGN, None, (STRANGER,)),
    "somebody": ThePerson(PersonId("somebody")),
    "pupil": ThePerson(
        PersonId("pupil"),
        frozenset({A}),
        places=(
            TheMember(CHATS["class 7а"], PersonId("pupil")),
            TheMember(CHATS["chemistry 7а"], PersonId("pupil")),
        ),
    ),
    "neighbour": ThePerson(
        PersonId("neighbour"),
        frozenset({A}),
        places=(TheMember(CHATS["class 8б"], PersonId("neighbour")),),
    ),
    "hiker": ThePerson(
        PersonId("hiker"), frozenset({B}), places=(TheMember(HIKE, PersonId("hiker")),)
    ),
    "colleague": ThePerson(PersonId("colleague"), frozenset({A}), frozenset({A})),
    "7а's administrator": ThePerson(
        PersonId("x"),
        frozenset({B}),
        places=(TheMember(CHATS["class 7а"], PersonId("x"), is_administrator=True),),
    ),
    "B's teacher": ThePerson(PersonId("y"), frozenset({B}), frozenset({B})),
    "pupil in 7а": TheMember(CHATS["class 7а"], PersonId("pupil")),
    "other in 7а": TheMember(CHATS["class 7а"], PersonId("classmate")),
    "administrator of 8б": TheMember(CHATS["class 8б"], PersonId("x"), is_administrator=True),
    "administrator in B": TheMember(CHATS["class B"], PersonId("x"), is_administrator=True),
    "held in 7а": HeldPlan(CHATS["class 7а"], GuardScope.CHAT),
    "held by A's limit": HeldPlan(CHATS["class 7а"], GuardScope.SCHOOL),
    "held in all": HeldPlan(CHATS["class 7а"], GuardScope.TOTAL),
    "held in B": HeldPlan(CHATS["class B"], GuardScope.CHAT),
    "chemistry lesson": TheLesson(LessonId("1"), A, CHEMISTRY, PersonId("chemistry teacher")),
    "physics lesson": TheLesson(LessonId("2"), A, PHYSICS, PersonId("physics teacher")),
    "replaced lesson": TheLesson(LessonId("3"), A, PHYSICS, PersonId("staff")),
    "lesson in B": TheLesson(LessonId("4"), B, ABROAD, PersonId("y")),
}

TABLE = """
right              thing                     | op op+ adm cls sub stf run pup par par+ non
operate            installation              |  +  +   .   .   .   .   .   .   .   .   .
see own chats      installation              |  .  .   +   +   +   +   +   +   +   +   +
link profile       somebody                  |  .  .   .   .   .   .   .   .   .   .   .
link profile       pupil                     |  .  .   .   .   .   .   .   +   .   .   .
see chats          school A                  |  +  +   +   +   +   +   +   .   .   .   .
see chats          school B                  |  +  +   .   .   .   .   .   .   .   .   .
see chat           staff room                |  +  +   +   +   +   +   +   .   .   .   .
see chat           class 7а                  |  +  +   +   +   +   +   +   +   +   .   .
see chat           class 8б                  |  +  +   +   +   +   +   +   .   .   .   .
see chat           parents 7а                |  +  +   +   +   +   +   +   .   +   +   .
see chat           class B                   |  +  +   .   .   .   .   .   .   .   .   .
see members        class 7а                  |  +  +   +   +   .   .   .   .   .   .   .
see members        class 8б                  |  +  +   +   .   .   .   .   .   .   .   .
see members        parents 7а                |  +  +   +   +   .   .   .   .   .   .   .
see members        chemistry 7а              |  +  +   +   +   +   .   .   .   .   .   .
see members        поход                     |  +  +   +   .   .   .   +   .   .   .   .
see members        class B                   |  +  +   .   .   .   .   .   .   .   .   .
see members        pupil in 7а               |  +  +   +   +   .   .   .   +   +   .   .
see members        other in 7а               |  +  +   +   +   .   .   .   .   .   .   .
see members        administrator of 8б       |  +  +   +   +   +   +   +   .   .   .   .
see members        administrator in B        |  +  +   .   .   .   .   .   .   .   .   .
see names          school A                  |  .  +   +   +   .   .   +   .   .   .   .
see names          school B                  |  .  +   .   .   .   .   .   .   .   .   .
see names          class 7а                  |  .  +   +   +   .   .   .   .   .   .   .
see names          class 8б                  |  .  +   +   .   .   .   .   .   .   .   .
see names          chemistry 7а              |  .  +   +   +   +   .   .   .   .   .   .
see names          class B                   |  .  +   .   .   .   .   .   .   .   .   .
see names          pupil                     |  .  +   +   +   +   .   +   +   +   .   .
see names          neighbour                 |  .  +   +   +   .   .   +   .   .   .   .
see names          hiker                     |  .  +   +   .   .   .   +   .   .   .   .
see names          colleague                 |  .  +   +   +   +   +   +   .   .   .   .
see names          7а's administrator        |  .  +   +   +   .   .   .   +   +   .   .
see names          B's teacher               |  .  +   .   .   .   .   .   .   .   .   .
add members        A's pupil into 7а         |  .  .   +   +   .   .   .   .   .   .   .
add members        A's pupil into 8б         |  .  .   +   .   .   .   .   .   .   .   .
add members        A's pupil into chemistry  |  .  .   +   +   +   .   .   .   .   .   .
add members        A's pupil into поход      |  .  .   +   .   .   .   +   .   .   .   .
add members        B's pupil into 7а         |  .  .   .   .   .   .   .   .   .   .   .
add members        B's pupil into B          |  .  .   .   .   .   .   .   .   .   .   .
remove members     staff room                |  .  .   +   .   .   .   .   .   .   .   .
remove members     class 7а                  |  .  .   +   +   .   .   .   .   .   .   .
remove members     class 8б                  |  .  .   +   .   .   .   .   .   .   .   .
remove members     parents 7а                |  .  .   +   +   .   .   .   .   .   .   .
remove members     parents 8б                |  .  .   +   .   .   .   .   .   .   .   .
remove members     chemistry 7а              |  .  .   +   +   +   .   .   .   .   .   .
remove members     physics 8б                |  .  .   +   .   .   .   .   .   .   .   .
remove members     поход                     |  .  .   +   .   .   .   +   .   .   .   .
remove members     class B                   |  .  .   .   .   .   .   .   .   .   .   .
remove members     chemistry B               |  .  .   .   .   .   .   .   .   .   .   .
set administrators class 7а                  |  .  .   +   +   .   .   .   .   .   .   .
set administrators class 8б                  |  .  .   +   .   .   .   .   .   .   .   .
set administrators chemistry 7а              |  .  .   +   +   +   .   .   .   .   .   .
set administrators поход                     |  .  .   +   .   .   .   +   .   .   .   .
set administrators class B                   |  .  .   .   .   .   .   .   .   .   .   .
rename chat        class 7а                  |  .  .   +   +   .   .   .   .   .   .   .
rename chat        class 8б                  |  .  .   +   .   .   .   .   .   .   .   .
rename chat        поход                     |  .  .   +   .   .   .   +   .   .   .   .
rename chat        class B                   |  .  .   .   .   .   .   .   .   .   .   .
create chat        new staff room            |  .  .   +   .   .   .   .   .   .   .   .
create chat        new class 7а              |  .  .   +   +   .   .   .   .   .   .   .
create chat        new parents 7а            |  .  .   +   +   .   .   .   .   .   .   .
create chat        new class 8б              |  .  .   +   .   .   .   .   .   .   .   .
create chat        new chemistry, own pupils |  .  .   +   +   +   .   .   .   .   .   .
create chat        new chemistry, others too |  .  .   +   +   .   .   .   .   .   .   .
create chat        new physics 8б            |  .  .   +   .   .   .   .   .   .   .   .
create chat        new with B's pupil        |  .  .   .   .   .   .   .   .   .   .   .
create chat        new in B                  |  .  .   .   .   .   .   .   .   .   .   .
delete chat        class 7а                  |  .  .   +   .   .   .   .   .   .   .   .
delete chat        поход                     |  .  .   +   .   .   .   .   .   .   .   .
delete chat        ярмарка                   |  .  .   +   .   .   .   +   .   .   .   .
delete chat        class B                   |  .  .   .   .   .   .   .   .   .   .   .
initialise chats   school A                  |  +  +   +   .   .   .   .   .   .   .   .
initialise chats   school B                  |  +  +   .   .   .   .   .   .   .   .   .
decide plan        held in 7а                |  +  +   +   .   .   .   .   .   .   .   .
decide plan        held by A's limit         |  +  +   +   .   .   .   .   .   .   .   .
decide plan        held in all               |  +  +   .   .   .   .   .   .   .   .   .
decide plan        held in B                 |  +  +   .   .   .   .   .   .   .   .   .
change settings    school A                  |  +  +   +   .   .   .   .   .   .   .   .
change settings    school B                  |  +  +   .   .   .   .   .   .   .   .   .
see summary        school A                  |  +  +   +   .   .   .   .   .   .   .   .
see summary        7а                        |  +  +   +   +   .   .   .   .   .   .   .
see summary        8б                        |  +  +   +   .   .   .   .   .   .   .   .
see summary        school B                  |  +  +   .   .   .   .   .   .   .   .   .
see summary        B-7а                      |  +  +   .   .   .   .   .   .   .   .   .
create lesson      chemistry lesson          |  .  .   .   .   +   .   .   .   .   .   .
create lesson      physics lesson            |  .  .   .   .   .   .   .   .   .   .   .
create lesson      replaced lesson           |  .  .   .   .   .   +   .   .   .   .   .
create lesson      lesson in B               |  .  .   .   .   .   .   .   .   .   .   .
delete lesson      chemistry lesson          |  .  .   .   .   +   .   .   .   .   .   .
delete lesson      replaced lesson           |  .  .   .   .   .   +   .   .   .   .   .
delete lesson      lesson in B               |  .  .   .   .   .   .   .   .   .   .   .
open lesson        chemistry lesson          |  .  .   .   .   +   .   .   +   .   .   .
open lesson        physics lesson            |  .  .   .   .   .   .   .   .   .   .   .
open lesson        lesson in B               |  .  .   .   .   .   .   .   .   .   .   .
see lesson         chemistry lesson          |  .  .   .   .   +   .   .   +   +   .   .
see lesson         physics lesson            |  .  .   .   .   .   .   .   .   .   .   .
see lesson         lesson in B               |  .  .   .   .   .   .   .   .   .   .   .
"""

HEADER, *LINES = TABLE.strip().splitlines()
RIGHTS = sorted((right.value for right in Right), key=len, reverse=True)


def parsed(line: str) -> tuple[Right, str, dict[str, bool]]:
    named, cells = line.split("|")
    right = next(each for each in RIGHTS if named.startswith(f"{each} "))
    answers = dict(zip(HEADER.split("|")[1].split(), cells.split(), strict=True))
    return (
        Right(right),
        named.removeprefix(right).strip(),
        {who: cell == "+" for who, cell in answers.items()},
    )


@pytest.mark.parametrize("line", LINES, ids=[line.split("|")[0].strip() for line in LINES])
def test_the_table_of_rights(line: str) -> None:
    right, thing, wanted = parsed(line)
    assert {who: may(ACTORS[who], right, THINGS[thing]) for who in ACTORS} == wanted


def test_the_table_names_every_right_and_every_thing() -> None:
    rows = [parsed(line) for line in LINES]
    assert {right for right, _, _ in rows} == set(Right)
    assert {thing for _, thing, _ in rows} == set(THINGS)


def test_a_right_that_the_table_does_not_give_over_a_kind_of_thing_nobody_has() -> None:
    named = {(right, type(THINGS[thing])) for right, thing, _ in map(parsed, LINES)}
    for right in Right:
        for thing in THINGS.values():
            if (right, type(thing)) not in named:
                assert not any(may(actor, right, thing) for actor in ACTORS.values())


def test_one_person_has_the_roles_of_each_school_in_that_school_alone() -> None:
    both = person(
        "of two schools",
        administers=frozenset({A}),
        works_in=frozenset({A, B}),
        leads={FOREIGN: B},
    )
    assert may(both, Right.INITIALISE_CHATS, TheSchool(A))
    assert not may(both, Right.INITIALISE_CHATS, TheSchool(B))
    assert may(both, Right.REMOVE_MEMBERS, CHATS["class B"])
    assert not may(both, Right.DELETE_CHAT, CHATS["class B"])
    # A class of A that a chat of B names (a faulty register) is not theirs in B.
    crossed = replace(both, leads={OWN: A})
    assert not may(crossed, Right.REMOVE_MEMBERS, chat(ChatKind.SUBJECT, B, OWN, ABROAD))


def test_whoever_no_longer_works_in_a_school_manages_nothing_there() -> None:
    for who in ("adm", "cls", "sub", "run"):
        gone = replace(ACTORS[who], works_in=frozenset())
        for line in LINES:
            right, thing, _ = parsed(line)
            if right in {Right.REMOVE_MEMBERS, Right.ADD_MEMBERS, Right.CREATE_CHAT}:
                assert not may(gone, right, THINGS[thing])


MIXED = st.builds(
    Actor,
    person_id=st.sampled_from([PersonId("pupil"), PersonId("staff"), PersonId("runner")]),
    administers=st.frozensets(st.just(A)),
    works_in=st.frozensets(st.just(A)),
    leads=st.dictionaries(st.sampled_from([OWN, NEIGHBOUR]), st.just(A)),
    teaches=st.dictionaries(st.sampled_from([CHEMISTRY, PHYSICS]), st.just(A)),
    runs=st.dictionaries(st.sampled_from([HIKE.chat_id, FAIR.chat_id]), st.just(A)),
    chats=st.frozensets(st.sampled_from(sorted(names("class 7а", "parents 7а", "поход")))),
)
OF_B = (
    "class B", "chemistry B", "school B", "B-7а", "B's pupil into B", "new in B", "B's teacher",
    "administrator in B", "held in B", "lesson in B",
)  # fmt: skip


@given(MIXED, st.sampled_from(list(Right)), st.sampled_from(OF_B))
def test_no_mixture_of_roles_in_one_school_gives_any_right_in_another(
    actor: Actor, right: Right, name: str
) -> None:
    assert not may(actor, right, THINGS[name])


@given(MIXED, st.sampled_from(list(Right)), st.sampled_from(sorted(THINGS)))
def test_more_roles_never_take_a_right_away(actor: Actor, right: Right, name: str) -> None:
    thing = THINGS[name]
    if may(actor, right, thing):
        more = replace(
            actor,
            administers=frozenset({A, B}),
            works_in=actor.works_in | {A, B},
            leads={**actor.leads, FOREIGN: B},
            operator=OperatorRole.NAMES,
        )
        assert may(more, right, thing)
