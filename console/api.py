"""What programs ask: whether the process lives, whether it can work, how things stand."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi.responses import JSONResponse

from console.entrance.doors import Door, Entry, Need
from domain.rights import Scope
from operations import status
from operations.store import Overview

Fault = Callable[[], str | None]
"""Why this process does not live and should be started again; None while it does."""


def lives() -> None:
    """Of a process that lives as long as it answers."""


@dataclass(frozen=True, slots=True)
class Api:
    """The JSON addresses over one store."""

    store: Overview
    fault: Fault = lives

    def entries(self) -> list[Entry]:
        """The addresses. What tells of a process alone is open: whoever watches it has no name."""
        open_to_all = Door(Need.NOTHING)
        return [
            Entry("/healthz", self.healthz, open_to_all),
            Entry("/readyz", self.readyz, open_to_all),
            Entry("/api/status", self.status, Door(Need.OPERATOR, scope=Scope.STATUS_READ)),
        ]

    async def healthz(self) -> JSONResponse:
        """200 while the process lives; 503 with the reason where it should be started again."""
        fault = self.fault()
        if fault is not None:
            return _fresh({"status": "not alive", "reason": fault}, 503)
        return _fresh({"status": "alive"})

    async def readyz(self) -> JSONResponse:
        """200 if the database answers; else the 503 of ``console.app``."""
        await self.store.answers()
        return _fresh({"status": "ready"})

    async def status(self) -> JSONResponse:
        """How things stand, as ``rollcall status --json`` has it."""
        return _fresh((await status.status(self.store)).as_json())


def _fresh(content: dict[str, object], status: int = 200) -> JSONResponse:
    return JSONResponse(content, status, headers={"Cache-Control": "no-store"})
