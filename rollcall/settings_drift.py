"""The settings about what people change in MAX by themselves, and about reading chats anew."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from domain.chats import ChatKind
from domain.drift import DriftRules, Policy
from gateway.sweep import SweepConfig

PolicyName = Literal["exclusive", "additive", "observe"]

_WHAT = "exclusive: strangers leave; additive: only our own are added and removed; observe: look"


def fit_secret(value: SecretStr) -> SecretStr:
    """The secret, if MAX takes it."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{5,256}", value.get_secret_value()):
        raise ValueError("must be 5-256 of A-Z a-z 0-9 _ -")
    return value


class Drift(BaseModel):
    """What follows when people change a chat in MAX by themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    staff_room: PolicyName = Field("additive", description=_WHAT)
    class_: PolicyName = Field("exclusive", alias="class", description=_WHAT)
    parents: PolicyName = Field("exclusive", description=_WHAT)
    subject: PolicyName = Field("exclusive", description=_WHAT)
    proposal_hours: float = Field(
        24.0, ge=0, description="how long somebody stays whom a chat administrator added in MAX"
    )
    put_back_hours: float = Field(
        24.0, ge=0, description="when somebody who left is put back, once"
    )

    def rules(self) -> DriftRules:
        """As the domain knows it."""
        policies = {
            ChatKind.STAFF_ROOM: Policy(self.staff_room),
            ChatKind.CLASS: Policy(self.class_),
            ChatKind.PARENTS: Policy(self.parents),
            ChatKind.SUBJECT: Policy(self.subject),
        }
        return DriftRules(policies, self.proposal_hours, self.put_back_hours)


class SweepSettings(BaseModel):
    """Chats that nobody has read for long are read again when nothing better is due."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(True, description="false: what no webhook tells is not found")
    every_days: float = Field(7.0, gt=0, description="how long a chat may go unread")

    def config(self) -> SweepConfig:
        """As the loop takes it."""
        return SweepConfig(self.enabled, self.every_days)
