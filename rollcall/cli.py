"""The command line: each command parses its words, and hands over to a module of its own.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not settled or not allowed. What goes wrong is
one line on stderr that says what and what next; more than that is a bug of ours. Ctrl-C
leaves with 130, as a shell expects it.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from rollcall import cli_access, cli_operate
from rollcall.cli_options import FEED, SERVE, TRY, DataDir, Json, leave
from rollcall.commands import ask, feed
from rollcall.commands.outcome import outcome
from rollcall.commands.session import say
from rollcall.wiring import Part
from simulator.config import Era

app = typer.Typer(
    name="rollcall",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)

PortBase = Annotated[
    int | None,
    typer.Option(
        "--port-base", min=1, max=65000, help="First of seven ports; free ones if absent."
    ),
]


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it by place
    if wanted:
        say(f"rollcall {version('rollcall')}")
        raise typer.Exit


@app.callback()
def rollcall(
    *,
    _: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_version),
    ] = False,
) -> None:
    """Keeps a school's MAX (Сферум) chats in step with its register."""


@app.command(rich_help_panel=TRY)
def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Stop when converged; last line of stdout is JSON.")
    ] = False,
    data_dir: DataDir = None,
    port_base: PortBase = None,
) -> None:
    """Watch an example school converge.

    With real PostgreSQL and Kafka, started here, and a simulated messenger.
    """
    from rollcall.commands import serve  # noqa: PLC0415 - servers are slow to load

    leave(serve.run_demo(once=once, data_dir=data_dir, port_base=port_base))


@app.command(rich_help_panel=TRY)
def up(*, data_dir: DataDir = None, port_base: PortBase = None) -> None:
    """Start a whole stack with no sample data, and stay.

    Prints the addresses as one JSON line when ready. Servers that the settings give an
    address are used; the others are started here.
    """
    from rollcall.commands import serve  # noqa: PLC0415 - servers are slow to load

    leave(serve.up(data_dir=data_dir, port_base=port_base))


@app.command(rich_help_panel=SERVE)
def run(
    *,
    only: Annotated[
        Part | None, typer.Option("--only", help="One part; all of them if absent.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Run the engine against configured servers.

    SIGTERM or Ctrl-C lets it end what it is in, and exits 0.
    """
    from rollcall.commands import serve  # noqa: PLC0415 - servers are slow to load

    leave(serve.run(only, data_dir=data_dir))


@app.command(rich_help_panel=FEED)
def publish(
    files: Annotated[list[str], typer.Argument(help="JSON Lines of events; - is stdin.")],
    *,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Publish events to their topics.

    A line that is not an event of the contract is refused by its number, the field and the
    rule; all others are published. Exits 1 where a line was refused. To publish the same
    lines again does no harm.
    """
    leave(feed.publish(files, data_dir=data_dir, as_json=json))


@app.command(rich_help_panel=FEED)
def synth(
    *,
    pupils: Annotated[int, typer.Option(min=1, max=2_000_000, help="How many pupils.")] = 900,
    seed: Annotated[int, typer.Option(help="The same seed makes the same region.")] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; stdout if absent.")
    ] = None,
) -> None:
    """Make up a region's events.

    The same numbers give the same events on the same day.
    """
    leave(feed.synth(pupils=pupils, seed=seed, output=output))


@app.command(rich_help_panel=SERVE)
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
    limit: Annotated[
        int | None, typer.Option(min=1, help="Requests in any second; the setting's if absent.")
    ] = None,
    as_of: Annotated[
        Era, typer.Option("--as-of", help="The MAX of this month: its API has changed.")
    ] = Era.NOW,
) -> None:
    """Run the simulated messenger alone.

    Prints its address as one JSON line when ready.
    """
    from rollcall.commands import serve  # noqa: PLC0415 - servers are slow to load

    place = serve.Place(host, port)
    leave(serve.simulator(place, token, journal=journal, limit=limit, era=as_of))


@app.command(rich_help_panel=SERVE)
def settings(*, json: Json = False) -> None:
    """List every setting."""
    leave(ask.settings(as_json=json))


app.add_typer(cli_operate.app)
app.add_typer(cli_access.app)


def main() -> None:
    """Entry point."""
    sys.exit(outcome(app))
