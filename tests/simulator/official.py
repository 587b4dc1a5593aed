"""The required members of the official schemas (MAX Bot API 0.0.33), with their types.

Written down from the description by hand, so that the test needs no copy of it. Each entry is
a member that must be there, and the types that it may have; optional ones are listed with a
question mark and checked where they appear. A member that is in neither list is an error: the
real API would not send it. ``before`` is for how it was until September 2026 (0.0.32).
"""

from collections.abc import Mapping

Null = type(None)
Shape = dict[str, tuple[type, ...]]

USER: Shape = {
    "user_id": (int,),
    "first_name": (str,),
    "username?": (str, Null),
    "is_bot": (bool,),
    "last_activity_time?": (int, Null),
    "last_name?": (str, Null),
}
USER_WITH_PHOTO: Shape = USER | {
    "description?": (str, Null),
    "avatar_url?": (str,),
    "full_avatar_url?": (str,),
}
BOT_INFO: Shape = USER_WITH_PHOTO | {"commands?": (list, Null)}
CHAT_MEMBER: Shape = USER_WITH_PHOTO | {
    "last_access_time": (int,),
    "permissions?": (list, Null),
    "is_owner": (bool,),
    "is_admin": (bool,),
    "join_time": (int,),
    "alias?": (str,),
}
CHAT_MEMBERS_LIST: Shape = {"members": (list,), "marker?": (int, Null)}
CHAT: Shape = {
    "chat_id": (int,),
    "type": (str,),
    "status": (str,),
    "title": (str, Null),
    "last_event_time": (int,),
    "participants_count": (int,),
    "icon": (dict, Null),
    "is_public": (bool,),
    "description": (str, Null),
    "owner_id?": (int, Null),
    "participants?": (dict, Null),
    "link?": (str, Null),
    "dialog_with_user?": (dict, Null),
    "messages_count?": (int, Null),
    "pinned_message?": (dict, Null),
}
SIMPLE_RESULT: Shape = {"success": (bool,), "message?": (str,), "code?": (str,)}
MODIFY_RESULT: Shape = SIMPLE_RESULT | {
    "failed_user_ids?": (list, Null),
    "failed_user_details?": (list, Null),
}
FAILED_DETAILS: Shape = {"error_code": (str,), "user_ids": (list,)}
SUBSCRIPTIONS: Shape = {"subscriptions": (list,)}
SUBSCRIPTION: Shape = {"url": (str,), "time": (int,), "update_types": (list, Null)}
UPDATE_LIST: Shape = {"updates": (list,), "marker": (int, Null)}
ERROR: Shape = {"code": (str,), "message": (str,), "error?": (str,)}
MESSAGE: Shape = {
    "recipient": (dict,),
    "body": (dict, Null),
    "timestamp": (int,),
    "sender?": (dict,),
    "link?": (dict, Null),
    "stat?": (dict, Null),
    "url?": (str, Null),
}
MESSAGE_BODY: Shape = {
    "mid": (str,),
    "seq": (int,),
    "text": (str, Null),
    "attachments": (list, Null),
    "link": (dict, Null),
    "markup?": (list, Null),
}
RECIPIENT: Shape = {"chat_id": (int, Null), "chat_type": (str,), "user_id": (int, Null)}

_UPDATE: Shape = {"update_type": (str,), "timestamp": (int,), "chat_id": (int,), "user": (dict,)}
UPDATES: Mapping[str, Shape] = {
    "bot_added": {
        "update_type": (str,),
        "timestamp": (int,),
        "chat_id": (int,),
        "is_channel": (bool,),
    },
    "bot_admin_permissions_changed": {
        "update_type": (str,),
        "timestamp": (int,),
        "chat_id": (int,),
        "user_id": (int,),
        "bot_id": (int,),
        "is_channel": (bool,),
        "is_admin": (bool,),
        "permissions": (list, Null),
    },
    "bot_removed": _UPDATE | {"is_channel": (bool,)},
    "user_added": _UPDATE | {"is_channel": (bool,), "inviter_id?": (int, Null)},
    "user_removed": _UPDATE | {"is_channel": (bool,), "admin_id?": (int,)},
    "chat_title_changed": _UPDATE | {"title": (str,)},
}
PROFILE_LINKED: Shape = {
    "update_type": (str,),
    "timestamp": (int,),
    "external_id": (str,),
    "user_id": (int,),
}

PERMISSIONS = frozenset({
    "read_all_messages", "add_remove_members", "add_admins", "change_chat_info", "pin_message",
    "write", "can_call", "edit_link", "post_edit_delete_message", "edit_message",
    "delete_message", "edit", "delete",
})  # fmt: skip


_REQUIRED_BEFORE: Shape = {
    "username": (str, Null),
    "last_activity_time": (int,),
    "permissions": (list, Null),
}


def before(shape: Shape) -> Shape:
    """The shape of a user, a member or an update as it was in July 2026."""
    found = dict(shape)
    for name, types in _REQUIRED_BEFORE.items():
        if found.pop(f"{name}?", None) is not None:
            found[name] = types
    return found | ({"name": (str, Null)} if "first_name" in shape else {"user": (dict,)})


def complaints(value: object, shape: Shape) -> list[str]:
    """What is wrong with a value for this shape; nothing if it fits."""
    if not isinstance(value, dict):
        return [f"not an object: {value!r}"]
    known = {name.removesuffix("?"): types for name, types in shape.items()}
    found = [f"lacks {name}" for name in shape if not name.endswith("?") and name not in value]
    found += [f"has {name}" for name in value if name not in known]
    found += [
        f"{name} is {value[name]!r}"
        for name, types in known.items()
        # type() and not isinstance: True is no integer in JSON.
        if name in value and type(value[name]) not in types
    ]
    return found
