"""What is told of a chat's link: the messenger's word, which people will follow."""

__all__ = ["leads_out"]


def leads_out(link: str | None) -> bool:
    """Whether it is an address to go to, and no script."""
    return link is not None and link.startswith("https://")
