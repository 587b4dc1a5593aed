"""A fresh, migrated database for each test, cloned from one that was migrated once.

Names are random, so several runs may share one server; a run removes what it made.
"""

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg


@dataclass(frozen=True, slots=True)
class Databases:
    """Databases on one server; ``template`` is the name of the one to clone."""

    server_url: str
    template: str

    async def create(self) -> str:
        """Clone the template; the new database's ``postgresql://`` address."""
        name = f"rollcall_test_{secrets.token_hex(6)}"
        await _command(self.server_url, f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        return database_url(self.server_url, name)

    async def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        name = urlsplit(url).path.lstrip("/")
        await _command(self.server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def make_empty(server_url: str) -> str:
    """A new database without anything in it; its address."""
    name = f"rollcall_template_{secrets.token_hex(6)}"
    await _command(server_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    return database_url(server_url, name)


def database_url(server_url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


async def _command(server_url: str, statement: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
