"""Reading who is to be an administrator with which rights (``ChatAdminsList``)."""

from collections.abc import Mapping, Sequence

from simulator import fields
from simulator.chats import ALL_PERMISSIONS, Chat, Rights
from simulator.errors import NotPossibleError
from simulator.wire import JsonValue, invalid

_MOST = 100
_KNOWN = frozenset(ALL_PERMISSIONS) | {
    "post_edit_delete_message", "edit_message", "delete_message", "edit", "delete",
}  # fmt: skip
_NEED_READING = frozenset({"write", "pin_message", "edit", "delete"})


def admin_entries(chat: Chat, value: JsonValue) -> dict[int, Rights]:
    """The rights that each entry gives in this chat.

    Raises a 400 ``ApiError`` for what cannot be read, ``NotPossibleError`` for the owner.
    """
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        raise invalid("admins must be a list")
    if not 1 <= len(value) <= _MOST:
        raise invalid(f"admins must hold from 1 to {_MOST} entries")
    found = dict(_entry(chat, item) for item in value)
    if len(found) != len(value):
        raise invalid("admins must not repeat a user_id")
    if chat.owner_id in found:
        raise NotPossibleError("the owner's rights cannot be changed")
    return found


def _entry(chat: Chat, value: JsonValue) -> tuple[int, Rights]:
    if not isinstance(value, dict):
        raise invalid("each of admins must be an object")
    user_id = fields.account(value.get("user_id"), "user_id")
    wanted = fields.texts(value, "permissions")
    if wanted is None or not set(wanted) <= _KNOWN:
        raise invalid("permissions must be a list of known permissions")
    had = chat.admins.get(user_id)
    reads = "read_all_messages" in (*wanted, *(had.permissions if had else ()))
    if not reads and _NEED_READING & set(wanted):
        raise invalid("permissions on messages need read_all_messages")
    # Calling comes with the role and cannot be withheld.
    given = {*wanted, "can_call"}
    known = tuple(p for p in ALL_PERMISSIONS if p in given)
    alias = fields.optional_text(value, "alias", 0, 200)
    return user_id, Rights(known + tuple(sorted(given - set(known))), alias)
