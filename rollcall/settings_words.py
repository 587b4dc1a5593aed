"""What is wrong with a setting, in words that name it and never quote its value.

Values may be secrets: passwords stand in addresses, tokens in variables with a typo.
"""

import json
import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pydantic_core import ErrorDetails

PREFIX = "ROLLCALL_"

# What Kubernetes puts into every container beside a service called rollcall.
_OF_KUBERNETES = re.compile(r"(_SERVICE_HOST|_SERVICE_PORT(_\w+)?|_PORT(_\d+_(TCP|UDP)(_\w+)?)?)$")
_NOT_SETTINGS = ("ROLLCALL_TEST_",)
_BY_KEY = ("ROLLCALL_CHATS__OFF_BY_SCHOOL",)
"""Settings under which any name may stand."""


class SettingsError(Exception):
    """A setting that does not fit, or a settings file that cannot be read."""


def variable(*location: int | str) -> str:
    """The environment variable of a setting."""
    return PREFIX + "__".join(str(part).upper() for part in location)


def unknown_variables(environment: Iterable[str], known: Iterable[str]) -> list[str]:
    """A line for each variable that looks like one of ours and is none."""
    names = list(known)
    whole = {*names, *(name.rpartition("__")[0] for name in names)}
    lines = []
    for given in sorted(environment):
        name = given.upper()
        if (
            not name.startswith(PREFIX)
            or name in whole
            or name.startswith((*_NOT_SETTINGS, *(f"{each}__" for each in _BY_KEY)))
            or ("__" not in name and _OF_KUBERNETES.search(name))
        ):
            continue
        lines.append(f"{given}: no such setting{_perhaps(name, names)}")
    return lines


def _perhaps(name: str, known: list[str]) -> str:
    """The setting that was meant, as far as one can guess, and where all of them are."""
    near = get_close_matches(name, known, n=1, cutoff=0.8)
    guess = f", is {near[0]} meant?" if near else ""
    return f"{guess} (`rollcall settings` lists them all)"


def explained(fault: ErrorDetails, environment: Iterable[str]) -> str:
    """One fault of pydantic's: which setting, by the name it was given by, and what is wrong."""
    location = fault["loc"]
    if not location:  # settings of several sections that do not go together: it names them
        return _rule(fault)
    named = variable(*location[:2])
    given = {name.upper() for name in environment}
    # A whole section may come as JSON in one variable, and anything from the file.
    if named not in given:
        named = ".".join(map(str, location))
    if fault["type"] == "extra_forbidden":
        return f"{named}: no such setting (`rollcall settings` lists them all)"
    return f"{named}: {_rule(fault)}"


def _rule(fault: ErrorDetails) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    return message.replace("Input should be", "must be").split(", unable to parse", 1)[0]


def read_file(path: Path) -> dict[str, object]:
    """What the TOML file says."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        message = f"{path}, named by ROLLCALL_CONFIG, cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        message = f"{path}, named by ROLLCALL_CONFIG, is not UTF-8 text"
    except tomllib.TOMLDecodeError as error:
        # Only the place: the words before it may quote a value.
        where = str(error).rpartition("(")[2].rstrip(")")
        message = f"{path}, named by ROLLCALL_CONFIG, is not TOML {where}"
    raise SettingsError(message)


def from_commas(value: object) -> object:
    """``a,b`` or a JSON list as a list; anything else as it is."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("must be a list as a,b or as JSON") from None


def postgres_address(value: str) -> str:
    """The address, if it is one of PostgreSQL; libpq's ``sslmode`` by asyncpg's name for it."""
    schemes = ("postgresql", "postgres", "postgresql+asyncpg")
    if _parts(value, schemes) is None:
        raise ValueError("must be postgresql://user:password@host:port/database")
    address = value.replace("?sslmode=", "?ssl=").replace("&sslmode=", "&ssl=")
    if not set(parse_qs(urlsplit(address).query)) <= {"host", "port", "ssl"}:
        raise ValueError("takes no other parameters than sslmode, host and port")
    return address


def web_address(value: str) -> str:
    """The base URL, if it is one."""
    if not _parts(value, ("http", "https")):
        raise ValueError("must be a URL as https://host")
    return value


def kafka_addresses(value: str) -> str:
    """The bootstrap addresses, if that is what they are."""
    for each in value.split(","):
        if "://" in each or not _parts(f"kafka://{each.strip()}", ("kafka",)):
            raise ValueError("must be host:port[,host:port…]")
    return value


def _parts(address: str, schemes: tuple[str, ...]) -> str | None:
    """The host (empty where there is none), or None for what is no such address."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return (parts.hostname or "") if parts.scheme in schemes else None
