"""A fresh, migrated database for each test, cloned from one that was migrated once.

Names are random and begin as their run's do, so several runs may share one server, and a run
removes what it made even where one of its workers was killed.
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
        name = f"{self.template}_{secrets.token_hex(6)}"
        await _command(self.server_url, f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        return database_url(self.server_url, name)

    async def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        await _drop(self.server_url, database_name(url))


async def make_empty(server_url: str) -> str:
    """A new database without anything in it; its address."""
    name = f"rollcall_test_{secrets.token_hex(6)}"
    await _command(server_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    return database_url(server_url, name)


async def drop_all(databases: Databases) -> None:
    """Remove the template, and whatever was cloned from it and is still there."""
    connection = await asyncpg.connect(databases.server_url)
    try:
        rows = await connection.fetch(
            "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", databases.template
        )
    finally:
        await connection.close()
    for row in rows:
        await _drop(databases.server_url, row["datname"])


def database_url(server_url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def database_name(url: str) -> str:
    """Which database an address names."""
    return urlsplit(url).path.lstrip("/")


async def _drop(server_url: str, name: str) -> None:
    await _command(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _command(server_url: str, statement: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
