"""What the settings say about profiles and about the module «Чаты», for loops and screens."""

from sqlalchemy.ext.asyncio import AsyncEngine

from operations.installation import Installation
from projections.by_hand.profile_links import LinkTasks
from projections.derive.config import ChatKindsOff
from rollcall.settings import Settings


def profile_links(settings: Settings, engine: AsyncEngine) -> LinkTasks | None:
    """Where links that people ask us for are kept; None where the register links them."""
    if settings.profiles.source != "rollcall":
        return None
    return LinkTasks(engine, settings.profiles.topic)


def installation(settings: Settings, kinds_off: ChatKindsOff) -> Installation:
    """What screens say of this installation."""
    given = settings.profiles
    return Installation(
        links_profiles=given.source == "rollcall",
        profiles_topic=given.topic,
        kinds_off=kinds_off,
        app_url=given.app_url,
        web_url=given.web_url,
        guard=settings.guard.policy(),
        drift=settings.drift.rules(),
    )
