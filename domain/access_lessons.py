"""Who may do what with a distance lesson (the guide, 4): the rules behind ``domain.access``."""

from domain.actors import Actor
from domain.chats import subject_chat_id
from domain.things import TheLesson, Thing


def gives_lesson(actor: Actor, thing: Thing) -> bool:
    """The guide, 4: a teacher's own subject; also whoever gives this lesson in their place."""
    return (
        isinstance(thing, TheLesson)
        and thing.school_id in actor.works_in
        and (thing.teacher_id == actor.person_id or thing.group_id in actor.teaches)
    )


def opens_lesson(actor: Actor, thing: Thing) -> bool:
    """The guide, 4: the pupils of the group too. A call belongs to the subject chat's people."""
    return isinstance(thing, TheLesson) and (
        gives_lesson(actor, thing) or subject_chat_id(thing.group_id) in actor.chats
    )


def sees_lesson(actor: Actor, thing: Thing) -> bool:
    """The guide, 4: in the diary; a guardian looks, and gets no link."""
    return isinstance(thing, TheLesson) and (
        gives_lesson(actor, thing) or subject_chat_id(thing.group_id) in actor.own_chats
    )
