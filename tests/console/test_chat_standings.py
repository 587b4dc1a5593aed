"""«Управление чатами»: how a chat stands is said in Russian, with the cause, whatever it is."""

import re
from collections.abc import Iterable

import pytest

from console import removals_words
from console import school_chats_words as own
from domain.chat_standings import ChatStanding, StandingGroup, group_of, standing_of_wait
from domain.guard import GuardScope
from domain.obstacles import ObstacleKind
from domain.takings import TakingCause
from domain.work import ChatWait
from operations.school_chats import Column
from tests.console.managing import Managing, words

SITUATIONS = {
    "UPDATE chat_sync SET due_at = clock_now()": "… Ждёт",
    "UPDATE chat_sync SET due_at = clock_now() + interval '1 hour', attempts = 1": "… Ждёт",
    "UPDATE chat_sync SET due_at = clock_now(), attempts = 3": "MAX несколько раз подряд",
    "UPDATE chat_sync SET observed_at = NULL": "… Ждёт",
    "DELETE FROM observed_members WHERE max_user_id = 1007": "Ещё не в чате 1 участник:",
    "INSERT INTO blocked_accounts SELECT chat_id, 77, 'x', clock_now(), clock_now() FROM chats":
        "+ Не все в чате Часть участников",
    """INSERT INTO setbacks SELECT chat_id, 1007, 'remove', 'dated', 'x', 9, clock_now(),
       clock_now(), clock_now() FROM chats""": "С некоторыми участниками MAX",
    "UPDATE chats SET frozen = true": "■ Закрыт",
    "UPDATE chats SET deleted = true": "… Удаляется",
    "UPDATE chat_sync SET max_chat_id = NULL": "✓ Сошёлся",
}  # fmt: skip


async def test_how_a_chat_stands_is_said_in_words(school: Managing) -> None:
    for situation, told in SITUATIONS.items():
        await school.nothing_held()
        await school.sql(situation)
        assert told in await school.row("alpha 7а - Ученики"), situation


@pytest.mark.parametrize("wait", ChatWait)
async def test_whatever_a_chat_waits_for_has_a_cause_in_russian(
    school: Managing, wait: ChatWait
) -> None:
    await school.nothing_held()
    await school.sql("UPDATE chat_sync SET waiting = :wait", wait=wait.value)
    if wait is ChatWait.HELD:
        await school.sql("UPDATE held_plans SET state = 'held'")
    standing = standing_of_wait(wait)
    row = await school.row("alpha 7а - Ученики", f"?state={group_of(standing).value}")
    assert own.GROUPS[group_of(standing)].text in row
    expected = (
        own.limit(GuardScope.CHAT) if wait is ChatWait.HELD else own.STANDINGS[standing].cause
    )
    assert expected in row


def english(told: Iterable[str]) -> list[str]:
    return [each for each in told if re.search("[A-Za-z]", each.replace("MAX", ""))]


def test_no_word_of_a_state_is_missing_or_english() -> None:
    assert set(own.GROUPS) == set(StandingGroup)
    assert set(own.STANDINGS) == set(ChatStanding)
    assert set(own.COLUMNS) == set(Column)
    told = [word.text for word in own.GROUPS.values()]
    told += [part for why in own.STANDINGS.values() for part in (why.cause, why.advice)]
    told += [own.limit(scope) for scope in GuardScope]
    told += [own.who_decides(scope) for scope in GuardScope]
    told += [removals_words.cause(each) for each in TakingCause]
    assert english(told) == []
    for standing, why in own.STANDINGS.items():
        assert why.cause or group_of(standing) is StandingGroup.GOOD, standing


async def test_what_holds_all_schools_up_is_said_above_the_list(school: Managing) -> None:
    assert "сначала читаем накопившиеся изменения реестра" in words(await school.page())
    await school.sql("UPDATE catch_up SET armed_at = NULL, watched_at = clock_now()")
    await school.sql(
        "INSERT INTO messenger_troubles VALUES ('token', clock_now(), clock_now(), '401')"
    )
    assert "MAX не принимает ключ бота." in words(await school.page())
    await school.sql("DELETE FROM messenger_troubles")
    assert "alert" not in await school.page()


def test_every_obstacle_is_said_in_russian_or_left_to_operators() -> None:
    told = {kind: own.trouble([kind]) for kind in ObstacleKind}
    assert [
        each for each in told.values() if each and re.search("[A-Za-z]", each.replace("MAX", ""))
    ] == []
    assert {kind for kind, said in told.items() if said} >= {
        ObstacleKind.GAP, ObstacleKind.READ_ONLY, ObstacleKind.CATCHING_UP,
        ObstacleKind.TOKEN_REFUSED, ObstacleKind.MESSENGER_FAILING,
    }  # fmt: skip
    assert own.trouble([]) is None
    first = own.trouble([ObstacleKind.HELD, ObstacleKind.MISSING, ObstacleKind.ADDING_OFF])
    assert first == told[ObstacleKind.MISSING]
