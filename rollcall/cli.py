"""The command line: each command parses its words, and hands over to a module of its own.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not settled or not allowed. What goes wrong is
one line on stderr that says what and what next; a traceback is a bug of ours.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from rollcall.commands import ask, feed, serve
from rollcall.failures import FAILURES, explain, leaves
from rollcall.wiring import Part

app = typer.Typer(
    name="rollcall",
    help="Keeps a school's MAX (Сферум) chats in step with its register.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="ROLLCALL_DATA_DIR",
        help="Folder of a stack: up keeps its data there, other commands find it by it.",
    ),
]
PortBase = Annotated[
    int | None,
    typer.Option("--port-base", min=1, max=65000, help="First of six ports; free ones if absent."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Stop when converged; last line of stdout is JSON.")
    ] = False,
    data_dir: DataDir = None,
    port_base: PortBase = None,
) -> None:
    """Watch an example school converge: real PostgreSQL and Kafka, a simulated messenger."""
    _leave(serve.run_demo(once=once, data_dir=data_dir, port_base=port_base))


@app.command()
def up(*, data_dir: DataDir = None, port_base: PortBase = None) -> None:
    """Start a whole stack with no sample data; print its addresses as one JSON line and stay.

    Servers that the settings give an address are used; the others are started here.
    """
    _leave(serve.up(data_dir=data_dir, port_base=port_base))


@app.command()
def run(
    *,
    only: Annotated[
        Part | None, typer.Option("--only", help="One part; all of them if absent.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Run the loops against configured servers; SIGTERM drains and exits 0."""
    _leave(serve.run(only, data_dir=data_dir))


@app.command()
def publish(
    files: Annotated[list[str], typer.Argument(help="JSON Lines of events; - is stdin.")],
    *,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Publish events to their topics; says by line what it refused (then exits 1)."""
    _leave(feed.publish(files, data_dir=data_dir, as_json=json))


@app.command()
def synth(
    *,
    pupils: Annotated[int, typer.Option(min=1, max=2_000_000, help="How many pupils.")] = 900,
    seed: Annotated[int, typer.Option(help="The same seed makes the same region.")] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; stdout if absent.")
    ] = None,
) -> None:
    """Make up a region's events, the same for the same numbers and day."""
    _leave(feed.synth(pupils=pupils, seed=seed, output=output))


@app.command()
def status(
    *,
    json: Json = False,
    wait: Annotated[
        float | None, typer.Option("--wait", min=0, help="Wait this many seconds for settled.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 for held plans and gaps too.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Say how things stand; with --wait, 0 when settled and 3 if not in time."""
    _leave(ask.status(as_json=json, wait=wait, strict=strict, data_dir=data_dir))


@app.command()
def replay(
    topics: Annotated[
        list[str] | None, typer.Argument(help="Topics to read again; all if absent.")
    ] = None,
    *,
    data_dir: DataDir = None,
) -> None:
    """Read topics again from their beginning; no chat changes until that is done."""
    _leave(ask.replay(topics, data_dir=data_dir))


@app.command()
def reconcile(
    chats: Annotated[list[str], typer.Argument(help="Ids of chats.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Read these chats from the messenger anew and make them match, in the lane of staff."""
    _leave(ask.reconcile(chats, data_dir=data_dir))


@app.command()
def quarantine(
    *,
    json: Json = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """List the records that could not be read, with place and reason (never their content)."""
    _leave(ask.list_quarantine(as_json=json, limit=limit, data_dir=data_dir))


@app.command()
def simulator(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 finds a free one.")] = 0,
    token: Annotated[
        str, typer.Option(envvar="ROLLCALL_MESSENGER__TOKEN", help="The token it accepts.")
    ] = "simulator-token",  # noqa: S107 - a default for a machine of one's own
    journal: Annotated[
        Path | None, typer.Option(help="File that keeps its state; in memory if absent.")
    ] = None,
) -> None:
    """Run the messenger's simulator alone; prints its address as one JSON line."""
    _leave(serve.simulator(host=host, port=port, token=token, journal=journal))


@app.command()
def settings(*, json: Json = False) -> None:
    """List every setting: its variable, its default, what it is for."""
    _leave(ask.settings(as_json=json))


def _leave(code: int) -> None:
    if code:
        raise typer.Exit(code)


def main() -> None:
    """Entry point: known failures become one line and an exit code."""
    try:
        app()
    except* FAILURES as failed:
        for failure in leaves(failed):
            sys.stderr.write(f"rollcall: {explain(failure)}\n")
        sys.exit(1)
