"""``explain``, ``reconcile`` and ``bring-back``: ask of a chat, or tell it."""

from dataclasses import asdict
from pathlib import Path

from domain.ids import ChatId, LessonId, PersonId
from operations import chats, lessons
from operations.chats import Explanation
from operations.errors import NoSuchChat
from operations.lessons import LessonExplanation
from rollcall.commands.session import (
    NOT_SETTLED,
    RunningStack,
    login,
    operate,
    remark,
    say,
    say_json,
)


def explain(chat: str, person: str, *, as_json: bool, data_dir: Path | None) -> int:
    """Why the person is, or is not, in the chat; or how they stand to a lesson of this id."""

    async def ask(stack: RunningStack) -> Explanation | LessonExplanation:
        try:
            return await chats.explain(stack.engine, ChatId(chat), PersonId(person))
        except NoSuchChat as none:
            lesson = await lessons.explain(stack.engine, LessonId(chat), PersonId(person))
            if lesson is None:
                raise none from None
            return lesson

    found = operate(data_dir, ask)
    if isinstance(found, LessonExplanation):
        _tell_of_lesson(found, person, as_json=as_json)
        return 0
    if as_json:
        say_json({"chat_id": chat, "person_id": person, **asdict(found)})
        return 0
    for line in _explained(found):
        say(line)
    return 0


def _tell_of_lesson(found: LessonExplanation, person: str, *, as_json: bool) -> None:
    lesson = found.lesson
    if as_json:
        asked = {"person_id": person, "part": found.part, "open_now": found.open_now}
        say_json(asdict(lesson) | asked)
        return
    say(f"{'lesson':<10} {lesson.starts_at:%Y-%m-%d %H:%M} to {lesson.ends_at:%H:%M} UTC")
    say(f"{'register':<10} {'cancelled' if lesson.cancelled else 'planned'}")
    wanted = "a distance lesson" if lesson.wanted else "no distance lesson"
    decided = lesson.decided_at
    by = "" if decided is None else f", by {lesson.author} at {decided:%Y-%m-%d %H:%M} UTC"
    say(f"{'decision':<10} {wanted}{by}")
    failing = f", {lesson.failing_because}" if lesson.failing_because else ""
    say(f"{'call':<10} {lesson.state or 'none'}, known as {lesson.standing or 'none'}{failing}")
    say(f"{'person':<10} {found.part}; the link is {'open' if found.open_now else 'not open'} now")


def _explained(found: Explanation) -> list[str]:
    expected = "not expected" if found.role is None else f"expected as {found.role}"
    lines = [f"{'expected':<10} {expected}"]
    lines += [f"{'':<10} because of {_reason(each)}" for each in found.reasons]
    account = "" if found.max_user_id is None else f" to {found.max_user_id}"
    lines.append(f"{'profile':<10} {found.profile}{account}")
    lines.append(f"{'messenger':<10} {_presence(found)}")
    if found.removed:
        lines.append(f"{'register':<10} the person was removed")
    if found.refused_because is not None:
        again = f"tried again {found.retry_at:%Y-%m-%d %H:%M} UTC"
        lines.append(f"{'refused':<10} {found.refused_because}, {again}")
    waiting = "" if found.waiting is None else f", waits: {found.waiting}"
    lines.append(f"{'chat':<10} {found.chat_state}{waiting}")
    return lines + _past(found)


def _past(found: Explanation) -> list[str]:
    """What was decided about them, and when they came and left."""
    lines = [
        f"{'decision':<10} {decision.at:%Y-%m-%d %H:%M} "
        f"{decision.subject} {decision.choice} by {decision.author}"
        for decision in found.decisions
    ]
    for row in found.history:
        became = "left" if row.role is None else row.role
        reasons = ", ".join(_reason(each) for each in row.reasons)
        lines.append(
            f"{'history':<10} {row.valid_from:%Y-%m-%d %H:%M} {became} "
            f"(known {row.known_from:%Y-%m-%d %H:%M}; {reasons})"
        )
    return lines


def _reason(reason: dict[str, object]) -> str:
    return f"{reason['kind']} {reason['ref']}"


def _presence(found: Explanation) -> str:
    if found.observed_at is None:
        return "not known, the chat was not read"
    if not found.present:
        return "not in the chat"
    return "in the chat as administrator" if found.is_administrator else "in the chat"


def reconcile(given: list[str], data_dir: Path | None) -> int:
    """Have these chats read and made to match, in the lane of staff."""
    operate(data_dir, lambda stack: chats.reconcile(stack.engine, [ChatId(each) for each in given]))
    say(f"{len(given)} chats are due; `status --wait 60` tells when they are done")
    return 0


def bring_back(chat: str, by: str | None, data_dir: Path | None) -> int:
    """Have a deleted chat made anew, for whoever belongs in it."""
    author = by or login()
    if not operate(data_dir, lambda stack: chats.bring_back(stack.engine, ChatId(chat), author)):
        remark("rollcall: the chat is not deleted, neither here nor as far as MAX has said")
        return NOT_SETTLED
    say(f"{chat} is made anew; `status --wait 60` tells when that is done")
    return 0
