"""The settings of the console: where it listens, and how people sign in."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from domain.actors import OperatorRole
from rollcall.settings_section import CommaList, Section
from rollcall.settings_words import web_address


class Console(Section):
    """Pages, JSON API and metrics."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port of the pages")
    metrics_port: int = Field(9464, ge=0, le=65535, description="port of the metrics")
    public_url: Annotated[str, AfterValidator(web_address)] | None = Field(
        None, description="https:// address by which browsers reach the pages, if not this machine"
    )


class SignIn(Section):
    """How people sign in to the console (docs/sign-in.md)."""

    way: Literal["openid", "development"] | None = Field(
        None, description="openid; development: choose a person, on this machine alone"
    )
    issuer: Annotated[str, AfterValidator(web_address)] | None = Field(
        None, description="of the OpenID provider, exactly as it writes it"
    )
    client_id: str | None = Field(None, description="our name at the provider")
    client_secret: SecretStr | None = Field(None, description="our secret there, if it gives one")
    scope: str = Field("openid", description="what is asked of the provider")
    ca_file: Path | None = Field(None, description="CA bundle of the provider")
    person_claim: str = Field("person_id", description="claim with the register's person id")
    operator_claim: str = Field("roles", description="claim with roles, as a.b where it is inside")
    operator_value: str = Field("rollcall-operator", description="its value for operators")
    operator_names_value: str = Field(
        "rollcall-operator-names", description="its value for operators who see names"
    )
    operators: Annotated[tuple[str, ...], *CommaList] = Field(
        (), description="operators besides: person ids, or the provider's names (sub)"
    )
    operators_with_names: Annotated[tuple[str, ...], *CommaList] = Field(
        (), description="such who see names"
    )
    idle_minutes: float = Field(60, gt=0, le=1440, description="a session unused so long ends")
    whole_hours: float = Field(12, gt=0, le=168, description="a session ends after that anyway")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.way == "openid" and not (self.issuer and self.client_id):
            raise ValueError("openid needs issuer and client_id")
        return self

    def operator_roles(self) -> dict[str, OperatorRole]:
        """Operators by person id or subject."""
        return dict.fromkeys(self.operators, OperatorRole.IDS) | dict.fromkeys(
            self.operators_with_names, OperatorRole.NAMES
        )
