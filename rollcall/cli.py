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

from rollcall.commands import arrivals, ask, chats, drift, feed, plans, serve
from rollcall.commands.outcome import outcome
from rollcall.commands.session import say
from rollcall.wiring import Part

app = typer.Typer(
    name="rollcall",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)

TRY, FEED, SERVE, OPERATE = "Try it", "Events", "Serve", "Look and act"

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
    typer.Option(
        "--port-base", min=1, max=65000, help="First of seven ports; free ones if absent."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


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
    _leave(serve.run_demo(once=once, data_dir=data_dir, port_base=port_base))


@app.command(rich_help_panel=TRY)
def up(*, data_dir: DataDir = None, port_base: PortBase = None) -> None:
    """Start a whole stack with no sample data, and stay.

    Prints the addresses as one JSON line when ready. Servers that the settings give an
    address are used; the others are started here.
    """
    _leave(serve.up(data_dir=data_dir, port_base=port_base))


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
    _leave(serve.run(only, data_dir=data_dir))


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
    _leave(feed.publish(files, data_dir=data_dir, as_json=json))


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
    _leave(feed.synth(pupils=pupils, seed=seed, output=output))


@app.command(rich_help_panel=OPERATE)
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
    """Say how things stand.

    With --wait it exits 0 when settled (nothing unread, stale, leased, in flight or due
    within a minute), and 3 if not in time.
    """
    _leave(ask.status(as_json=json, wait=wait, strict=strict, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def replay(
    topics: Annotated[
        list[str] | None, typer.Argument(help="Topics to read again; all if absent.")
    ] = None,
    *,
    data_dir: DataDir = None,
) -> None:
    """Read topics again from their beginning.

    No chat changes until that is done, and none need: what is read again changes nothing.
    """
    _leave(ask.replay(topics, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def reconcile(
    chats: Annotated[list[str], typer.Argument(help="Ids of chats.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Read chats from the messenger anew and make them match.

    They go before all other changes but removals for safety.
    """
    _leave(ask.reconcile(chats, data_dir=data_dir))


Hash = Annotated[str, typer.Argument(help="Of a plan, or of all that waits in a school.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; your login if absent.")]


@app.command(rich_help_panel=OPERATE)
def plan(
    chat: Annotated[
        str | None, typer.Argument(help="Id of a chat; all plans that wait if absent.")
    ] = None,
    *,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show the plans that wait for a person, or what would be done to a chat now.

    Nothing is changed, and the calls shown are those that would be made.
    """
    _leave(plans.plan(chat, as_json=json, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def approve(name: Hash, *, by: By = None, data_dir: DataDir = None) -> None:
    """Let a held plan be carried out.

    The approval is of exactly this plan and ends by itself; 3 if there is no such plan now.
    """
    _leave(plans.approve(name, by, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def reject(name: Hash, *, by: By = None, data_dir: DataDir = None) -> None:
    """Leave a held plan undone until it changes.

    An approval that is not used up ends too; 3 if there is no such plan now.
    """
    _leave(plans.reject(name, by, data_dir=data_dir))


@app.command("drift", rich_help_panel=OPERATE)
def list_drift(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    json: Json = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """List what people changed in MAX by themselves, and what becomes of it."""
    _leave(drift.listed(everything=everything, as_json=json, limit=limit, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def keep(
    chat: Annotated[str, typer.Argument(help="Id of a chat.")],
    account: Annotated[int, typer.Argument(min=1, help="A MAX account in it.")],
    *,
    by: By = None,
    no_longer: Annotated[bool, typer.Option("--no-longer", help="It leaves again.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Keep an account in a chat although nobody expects it there.

    So a proposal ends: somebody whom a chat administrator added in MAX. 3 if it is so already.
    """
    _leave(drift.keep(chat, account, by, kept_on=not no_longer, data_dir=data_dir))


@app.command("bring-back", rich_help_panel=OPERATE)
def bring_back(
    chat: Annotated[str, typer.Argument(help="Id of a chat.")],
    *,
    by: By = None,
    data_dir: DataDir = None,
) -> None:
    """Make a chat anew that was deleted, by a decision here or in MAX for ever.

    It is another chat there, with whoever belongs in it. 3 if the chat is not deleted.
    """
    _leave(chats.bring_back(chat, by, data_dir=data_dir))


@app.command("explain", rich_help_panel=OPERATE)
def explain_person(
    chat: Annotated[str, typer.Argument(help="Id of a chat.")],
    person: Annotated[str, typer.Argument(help="Id of a person.")],
    *,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say why a person is, or is not, in a chat."""
    _leave(plans.explain(chat, person, as_json=json, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def quarantine(
    record: Annotated[
        str | None, typer.Argument(help="TOPIC/PARTITION/OFFSET; the newest if absent.")
    ] = None,
    *,
    content: Annotated[
        bool, typer.Option("--content", help="Show what is in this record: it may hold names.")
    ] = False,
    json: Json = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """List the records that could not be read.

    By place and reason, and never by their content: that may hold names.
    """
    if record is None:
        if content:
            raise typer.BadParameter("--content is of one record: name it")
        _leave(arrivals.list_quarantine(as_json=json, limit=limit, data_dir=data_dir))
    else:
        _leave(arrivals.show_quarantined(record, content=content, as_json=json, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def gaps(
    *,
    acknowledge: Annotated[
        str | None, typer.Option(metavar="TOPIC/PARTITION", help="Read on past what is missing.")
    ] = None,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List the partitions whose records are missing.

    While there is one no chat changes. Find out what was lost, then acknowledge it; 3 where
    there is nothing to acknowledge.
    """
    if acknowledge is None:
        _leave(arrivals.list_gaps(as_json=json, data_dir=data_dir))
    else:
        _leave(arrivals.acknowledge_gap(acknowledge, data_dir=data_dir))


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
) -> None:
    """Run the simulated messenger alone.

    Prints its address as one JSON line when ready.
    """
    _leave(serve.simulator(host=host, port=port, token=token, journal=journal))


@app.command(rich_help_panel=SERVE)
def settings(*, json: Json = False) -> None:
    """List every setting."""
    _leave(ask.settings(as_json=json))


def _leave(code: int) -> None:
    """End with this exit code."""
    if code:
        raise typer.Exit(code)


def main() -> None:
    """Entry point."""
    sys.exit(outcome(app))
