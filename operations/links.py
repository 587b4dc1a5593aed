"""What is told of a chat's link: the messenger's word, which people will follow."""

from typing import Final

__all__ = ["BY_LINK", "leads_out"]

BY_LINK: Final = frozenset({"privacy", "not_found", "refused", "paused", "left", "invited"})
"""Obstacles (``dashboard.blocked``) past which one comes by the chat's link."""


def leads_out(link: str | None) -> bool:
    """Whether it is an address to go to, and no script."""
    return link is not None and link.startswith("https://")
