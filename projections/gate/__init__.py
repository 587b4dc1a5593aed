"""Whether chats may be changed: caught up, watched, and not restored from an older copy."""
