"""The rights that are asked for: people's by role (``domain.access``), programs' by scope."""

from enum import Enum


class Right(Enum):
    """What one may do; beside it the things (``domain.things``) that it is asked of."""

    OPERATE = "operate"  # TheInstallation
    SEE_OWN_CHATS = "see own chats"  # TheInstallation
    LINK_PROFILE = "link profile"  # ThePerson
    SEE_CHATS = "see chats"  # TheSchool
    SEE_CHAT = "see chat"  # TheChat: title, kind, state, how many are in it
    SEE_MEMBERS = "see members"  # TheChat, TheMember
    SEE_NAMES = "see names"  # TheSchool, TheChat, ThePerson
    ADD_MEMBERS = "add members"  # NewMembers
    REMOVE_MEMBERS = "remove members"  # TheChat
    SET_ADMINISTRATORS = "set administrators"  # TheChat
    RENAME_CHAT = "rename chat"  # TheChat
    CREATE_CHAT = "create chat"  # NewChat
    DELETE_CHAT = "delete chat"  # TheChat
    INITIALISE_CHATS = "initialise chats"  # TheSchool
    DECIDE_PLAN = "decide plan"  # HeldPlan
    CHANGE_SETTINGS = "change settings"  # TheSchool
    SEE_SUMMARY = "see summary"  # TheSchool, TheClass
    CREATE_LESSON = "create lesson"  # TheLesson
    DELETE_LESSON = "delete lesson"  # TheLesson
    OPEN_LESSON = "open lesson"  # TheLesson: get the link that joins the call
    SEE_LESSON = "see lesson"  # TheLesson: that there is one


class Scope(Enum):
    """What a service account, which is a program and no person, was allowed to ask for.

    With those of chats it asks and acts for a person, by that person's rights.
    """

    STATUS_READ = "status:read"
    CHATS_READ = "chats:read"
    CHATS_WRITE = "chats:write"
