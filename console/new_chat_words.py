"""The words of «Добавить новый чат»: what a chat is called at first, who is in it, what came of it.

In the guide's wording (chapter 3.3) where it has words for it.
"""

from collections.abc import Sequence
from typing import Final, assert_never

from console.chat_words import PARTS, outcome
from console.render import full_name, visible
from console.words import CHAT_KINDS, Word
from operations.founding import (
    Made,
    MakingAnswer,
    NothingChosen,
    ShownForAnother,
    TwinsThere,
)
from operations.member_answers import ListChanged, Refused
from operations.new_chat import ChatKind, NewChatScreen, Offer, OpenGroup, Twin

KINDS: Final = {kind: CHAT_KINDS[kind.value] for kind in ChatKind} | {ChatKind.SUBJECT: "Предметы"}

_LONGEST: Final = 90
"""Of each of the names that a proposed title is made of; a title has 200 signs."""

_BY_RULE: Final = {
    ChatKind.STAFF_ROOM: "все учителя и администраторы школы",
    ChatKind.CLASS: "классный руководитель и все зачисленные в класс ученики",
    ChatKind.PARENTS: "классный руководитель и родители всех зачисленных в класс учеников",
    ChatKind.SUBJECT: "учитель предмета и все, кто изучает его в этой группе",
}


def preset(offer: Offer) -> str:
    """What such a chat is usually called: «10А/Краеведение»; '' while it is not known of what."""
    name = _plain(offer.school_class.name) if offer.school_class else ""
    match offer.kind:
        case ChatKind.STAFF_ROOM:
            return ""
        case ChatKind.CLASS:
            return f"{name} класс" if name else ""
        case ChatKind.PARENTS:
            return f"{name} родители" if name else ""
        case ChatKind.SUBJECT:
            return f"{name}/{_plain(offer.group.subject)}" if name and offer.group else ""
        case _:
            assert_never(offer.kind)


def _plain(name: str) -> str:
    """A name of the register as far as a title can have it, so that the title is not refused."""
    return "".join(filter(str.isprintable, name))[:_LONGEST].strip()


def group(each: OpenGroup) -> str:
    """A subject group as the register calls it, else by its subject."""
    return each.name if each.name and each.name.strip() else each.subject


def by_rule(kind: ChatKind) -> str:
    """Who is in by the rule."""
    return _BY_RULE[kind]


def twin_title(screen: NewChatScreen) -> str:
    """That there is a chat for the same."""
    offer = screen.offer
    match offer.kind:
        case ChatKind.STAFF_ROOM:
            return "В школе уже есть такой чат"
        case ChatKind.SUBJECT:
            return "У этой группы уже есть чат"
        case ChatKind.CLASS:
            return f"У класса {_class_name(offer)} уже есть чат"
        case ChatKind.PARENTS:
            return f"У родителей класса {_class_name(offer)} уже есть чат"
        case _:
            assert_never(offer.kind)


def _class_name(offer: Offer) -> str:
    return visible(offer.school_class.name) if offer.school_class else ""


def made_by(twin: Twin) -> str:
    """How a chat that is there came to be."""
    if twin.made_by is None:
        return "создан автоматически"
    return "создан вручную" + (f": {full_name(twin.by)}" if twin.by else "")


def what_is_missing(offer: Offer) -> str:
    """What to choose next, or why nothing can be; '' where all is chosen."""
    if offer.purpose is not None:
        return ""
    if not offer.classes:
        return "В школе нет открытых классов, для которых вы можете создать такой чат."
    if offer.school_class is None:
        return "Выберите класс."
    if not offer.groups:
        return "У этого класса нет предметных групп, для которых вы можете создать чат."
    return "Выберите предмет."


def said(answer: MakingAnswer, offer: Offer) -> Word | None:
    """What came of «Добавить», where nothing was made."""
    nothing = "Чат не добавлен"
    match answer:
        case Made():
            return None
        case NothingChosen():
            return Word(nothing, "!", "attention", what_is_missing(offer) or "Проверьте выбранное.")
        case ShownForAnother():
            return Word(nothing, "!", "attention",
                        "Тип чата, класс или предмет изменились. Посмотрите, кто будет в чате, "
                        "и нажмите «Добавить» ещё раз.")  # fmt: skip
        case TwinsThere():
            return Word(nothing, "!", "attention",
                        "Такой чат уже есть, он назван ниже. Если нужен ещё один, отметьте это "
                        "и нажмите «Добавить» ещё раз.")  # fmt: skip
        case ListChanged() | Refused():
            found = outcome(answer)
            return Word(nothing, found.sign, found.tone, found.hint)
        case _:
            assert_never(answer)


def usual(screen: NewChatScreen) -> str:
    """Where they look, in words, while it is where one usually does; else ''."""
    if not screen.is_usual:
        return ""
    parts = [PARTS[each].lower() for each in screen.look.wanted.parts]
    name = _class_name(screen.offer)
    return ", ".join([*parts, *([name] if name else [])])


def told(twins: Sequence[Twin]) -> str:
    """The ids of those chats, as the form bears them."""
    return " ".join(each.chat_id for each in twins)


def kinds(offer: Offer) -> list[tuple[str, str]]:
    """The kinds of chat that are theirs to make."""
    return [(kind.value, KINDS[kind]) for kind in offer.kinds]


def classes(offer: Offer) -> list[tuple[str, str]]:
    """The classes; of another year than the latest with the year."""
    latest = max((each.school_year for each in offer.classes), default="")
    return [
        (
            each.class_id,
            visible(each.name) + ("" if each.school_year == latest else f" ({each.school_year})"),
        )
        for each in offer.classes
    ]


def groups(offer: Offer) -> list[tuple[str, str]]:
    """The subject groups of the class."""
    return [(each.group_id, visible(group(each))) for each in offer.groups]
