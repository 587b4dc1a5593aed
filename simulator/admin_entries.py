"""Reading who is to be an administrator with which rights (``ChatAdminsList``)."""

from pydantic import Field

from simulator.chats import ALL_PERMISSIONS, Chat, Rights
from simulator.errors import NotPossibleError
from simulator.fields import Account, Body, Text, Texts
from simulator.wire import invalid

_KNOWN = frozenset(ALL_PERMISSIONS) | {
    "post_edit_delete_message", "edit_message", "delete_message", "edit", "delete",
}  # fmt: skip
_NEED_READING = frozenset({"write", "pin_message", "edit", "delete"})


class _Entry(Body):
    user_id: Account
    permissions: Texts
    alias: Text | None = Field(None, max_length=200)


class Admins(Body):
    """The body of giving rights."""

    admins: list[_Entry] = Field(min_length=1, max_length=100)


def given_rights(chat: Chat, body: Admins) -> dict[int, Rights]:
    """The rights that each entry gives in this chat.

    Raises a 400 ``ApiError`` for what cannot be read, ``NotPossibleError`` for the owner.
    """
    found = {entry.user_id: _rights(chat, entry) for entry in body.admins}
    if len(found) != len(body.admins):
        raise invalid("admins must not repeat a user_id")
    if chat.owner_id in found:
        raise NotPossibleError("the owner's rights cannot be changed")
    return found


def _rights(chat: Chat, entry: _Entry) -> Rights:
    wanted = set(entry.permissions)
    if not wanted <= _KNOWN:
        raise invalid("permissions must be a list of known permissions")
    had = chat.admins.get(entry.user_id)
    reads = "read_all_messages" in wanted | set(had.permissions if had else ())
    if not reads and _NEED_READING & wanted:
        raise invalid("permissions on messages need read_all_messages")
    # Calling comes with the role and cannot be withheld.
    given = wanted | {"can_call"}
    known = tuple(p for p in ALL_PERMISSIONS if p in given)
    return Rights(known + tuple(sorted(given - set(known))), entry.alias)
