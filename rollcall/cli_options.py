"""What several commands share: their options, the headings of the help, how they end."""

from pathlib import Path
from typing import Annotated

import typer

TRY, FEED, SERVE, OPERATE = "Try it", "Events", "Serve", "Look and act"

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="ROLLCALL_DATA_DIR",
        help="Folder of a stack: up keeps its data there, other commands find it by it.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

By = Annotated[str | None, typer.Option("--by", help="Who decides; your login if absent.")]


def leave(code: int) -> None:
    """End with this exit code."""
    if code:
        raise typer.Exit(code)
