"""The identities of the domain, each a type of its own so that they cannot be mixed up.

The ids of the register are opaque strings (1-64 of ``[A-Za-z0-9._:-]``); those of the
messenger are integers, chats negative or positive, accounts positive.
"""

from typing import NewType

SchoolId = NewType("SchoolId", str)
ClassId = NewType("ClassId", str)
GroupId = NewType("GroupId", str)
PersonId = NewType("PersonId", str)
OrderId = NewType("OrderId", str)
LessonId = NewType("LessonId", str)

ChatId = NewType("ChatId", str)
"""A chat of ours, derived from what it is for (see ``domain.chats``); the messenger's
``external_id`` is this with a creation generation."""

MaxChatId = NewType("MaxChatId", int)
MaxUserId = NewType("MaxUserId", int)
