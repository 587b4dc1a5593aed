"""The settings about people's study profiles: who links them, and where people go for that."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from rollcall.settings_section import Section
from rollcall.settings_words import web_address

WebAddress = Annotated[str, AfterValidator(web_address)]


class Profiles(Section):
    """Who links study profiles to accounts in MAX."""

    source: Literal["register", "rollcall"] = Field(
        "register",
        description="register: it sends sgo.profile.changed; rollcall: people link on our screens",
    )
    topic: str = Field(
        "sgo.profiles", description="where we publish profiles that are linked with us; we read it"
    )
    app_url: WebAddress = Field("https://max.ru", description="where people get MAX")
    web_url: WebAddress = Field("https://web.max.ru", description="MAX in a browser")
