"""What a section of the settings is."""

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_settings import NoDecode

from rollcall.settings_words import from_commas

CommaList = (NoDecode, BeforeValidator(from_commas))
"""A list that the environment writes as ``a,b`` or as JSON."""


class Section(BaseModel):
    """Nothing in it changes, and a name that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
