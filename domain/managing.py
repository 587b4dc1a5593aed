"""Whose a chat is to manage: the administrator's, its class's and its group's teachers'."""

from domain.actors import Actor
from domain.chats import ChatKind
from domain.things import NewChat, TheChat


def manages(actor: Actor, chat: TheChat) -> bool:
    """The guide, 3: the administrator any chat, a teacher those of which they are administrator.

    By default those are the class and parents chats of a class teacher, and the subject chats of
    a subject teacher (3.1); a class teacher also makes subject chats for their class (3.3).
    """
    if chat.school_id not in actor.works_in:
        return False
    return (
        chat.school_id in actor.administers
        or chat.chat_id in actor.runs
        or (chat.kind is not ChatKind.STAFF_ROOM and leads(actor, chat))
        or (chat.kind is ChatKind.SUBJECT and teaches(actor, chat))
    )


def leads(actor: Actor, chat: TheChat | NewChat) -> bool:
    """Whether its class is theirs, in the chat's own school."""
    return chat.class_id is not None and actor.leads.get(chat.class_id) == chat.school_id


def teaches(actor: Actor, chat: TheChat | NewChat) -> bool:
    """Whether its group is theirs, in the chat's own school."""
    return chat.group_id is not None and actor.teaches.get(chat.group_id) == chat.school_id
