"""The guard's settings: limits, how long an approval holds, and seasons with other limits.

``guard.seasons`` is a list in TOML, or JSON in the environment:
``[{"from": "08-25", "to": "09-15", "factor": 3}, {"from": "05-20", "to": "06-30",
"school_share": 0.5}]``. The first season that holds on the school's date counts.
"""

import json
from dataclasses import replace
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode

from domain.guard import GuardLimits
from domain.seasons import GuardPolicy, MonthDay, Season, scaled

_LEAP_YEAR = 2000
"""So that 29 February is a date."""


def _day_of_year(value: str) -> str:
    _month_day(value)
    return value


def _month_day(value: str) -> MonthDay:
    try:
        month, day = value.split("-")
        found = date(_LEAP_YEAR, int(month), int(day))
    except ValueError:
        raise ValueError("must be a date of every year as MM-DD") from None
    return found.month, found.day


def _from_json(value: object) -> object:
    """A list that the environment writes as JSON; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "[]")
    except ValueError:
        raise ValueError("must be a JSON list of seasons") from None


DayOfYear = Annotated[str, AfterValidator(_day_of_year)]


class GuardSeason(BaseModel):
    """Other limits for a part of every year: a factor, then those that are named."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    first: DayOfYear = Field(alias="from")
    last: DayOfYear = Field(alias="to")
    factor: float = Field(1.0, gt=0, le=1000)
    chat_floor: int | None = Field(None, ge=0)
    chat_share: float | None = Field(None, ge=0, le=1)
    school_floor: int | None = Field(None, ge=0)
    school_share: float | None = Field(None, ge=0, le=1)
    total_floor: int | None = Field(None, ge=0)
    total_share: float | None = Field(None, ge=0, le=1)

    def season(self, usual: GuardLimits) -> Season:
        """The season as the domain knows it."""
        own = self.model_dump(exclude_none=True, exclude={"first", "last", "factor"})
        limits = replace(scaled(usual, self.factor), **own)
        return Season(_month_day(self.first), _month_day(self.last), limits)


class Guard(BaseModel):
    """How many may be removed before a person has looked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(True, description="false: nothing is ever held")
    chat_floor: int = Field(3, ge=0, description="removals that any chat may have in 24 h")
    chat_share: float = Field(0.2, ge=0, le=1, description="or this share of its members")
    school_floor: int = Field(10, ge=0, description="removals that any school may have in an hour")
    school_share: float = Field(0.05, ge=0, le=1, description="or this share of its memberships")
    total_floor: int = Field(500, ge=0, description="removals in 30 min in all")
    total_share: float = Field(0.001, ge=0, le=1, description="or this share of all memberships")
    unlink_school_floor: int = Field(
        10, ge=0, description="people of any school who may unlink in an hour; one always may"
    )
    unlink_school_share: float = Field(
        0.05, ge=0, le=1, description="or this share of its linked people"
    )
    unlink_total_floor: int = Field(100, ge=0, description="people who may unlink in 30 min in all")
    unlink_total_share: float = Field(
        0.001, ge=0, le=1, description="or this share of all linked people"
    )
    flap_limit: int = Field(
        2, ge=1, description="how often one account may be taken out of one chat in an hour"
    )
    approval_hours: float = Field(24.0, gt=0, le=8760, description="how long an approval holds")
    rejection_days: float = Field(30.0, gt=0, le=3650, description="how long a rejection holds")
    seasons: Annotated[tuple[GuardSeason, ...], NoDecode, BeforeValidator(_from_json)] = Field(
        (),
        description='other limits by date: [{"from":"08-25","to":"09-15","factor":3}], or with '
        "limits of their own",
    )

    def policy(self) -> GuardPolicy:
        """The guard's policy as the domain knows it."""
        own = self.model_dump(exclude={"approval_hours", "rejection_days", "seasons"})
        usual = GuardLimits(**own)
        return GuardPolicy(
            limits=usual,
            seasons=tuple(each.season(usual) for each in self.seasons),
            approval_hours=self.approval_hours,
            rejection_days=self.rejection_days,
        )
