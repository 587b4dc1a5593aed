"""The commands of whoever runs a stack: look at how it stands, and decide what waits.

As in ``rollcall.cli``, each only parses its words.
"""

from typing import Annotated

import typer

from domain.chats import ChatKind
from rollcall.cli_options import OPERATE, By, DataDir, Json, leave
from rollcall.commands import arrivals, ask, drift, plans
from rollcall.commands import chats as chat_commands
from rollcall.commands import initialise as initialise_command

app = typer.Typer()

Hash = Annotated[str, typer.Argument(help="Of a plan, or of all that waits in a school.")]


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
    leave(ask.status(as_json=json, wait=wait, strict=strict, data_dir=data_dir))


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
    leave(arrivals.replay(topics, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def reconcile(
    chats: Annotated[list[str], typer.Argument(help="Ids of chats.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Read chats from the messenger anew and make them match.

    They go before all other changes but removals for safety.
    """
    leave(chat_commands.reconcile(chats, data_dir=data_dir))


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
    leave(plans.plan(chat, as_json=json, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def approve(name: Hash, *, by: By = None, data_dir: DataDir = None) -> None:
    """Let what is held be carried out.

    The approval is of exactly these removals and demotions, for the reasons that they have now,
    and ends by itself; 3 if there is nothing of this name now, or it is approved already.
    """
    leave(plans.approve(name, by, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def reject(name: Hash, *, by: By = None, data_dir: DataDir = None) -> None:
    """Leave what is held undone.

    It stays so until the register has another reason, you approve it after all, or the rejection
    ends by its date. An approval that is not used up ends too; 3 if there is nothing of this name
    now, or it is rejected already.
    """
    leave(plans.reject(name, by, data_dir=data_dir))


@app.command("drift", rich_help_panel=OPERATE)
def list_drift(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    json: Json = False,
    kept: Annotated[
        bool, typer.Option("--kept", help="Accounts that somebody keeps in a chat.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """List what people changed in MAX by themselves, and what becomes of it."""
    if kept:
        leave(drift.listed_kept(as_json=json, limit=limit, data_dir=data_dir))
    else:
        leave(drift.listed(everything=everything, as_json=json, limit=limit, data_dir=data_dir))


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

    So a proposal ends: somebody whom a chat administrator added in MAX. 3 if it is so already,
    or the account is not in the chat. `drift --kept` lists them.
    """
    leave(drift.keep(chat, account, by, kept_on=not no_longer, data_dir=data_dir))


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
    leave(chat_commands.bring_back(chat, by, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def initialise(
    school: Annotated[str, typer.Argument(help="Id of a school.")],
    *,
    kinds: Annotated[
        list[ChatKind] | None, typer.Option("--kinds", help="Of which kinds; all if absent.")
    ] = None,
    drop_by_hand: Annotated[
        bool, typer.Option("--drop-by-hand", help="Let go who was only added by hand.")
    ] = False,
    confirmed: Annotated[
        str | None, typer.Option("--approve", metavar="HASH", help="Begin what this hash names.")
    ] = None,
    by: By = None,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make a school's missing chats, and bring the others into step.

    Without --approve it only says what that would come to, and its hash. With it those leave whom
    it names and nobody else; 3 if it would come to something else by now, or another is under way.
    """
    asked = initialise_command.Asked(school, kinds or list(ChatKind), drops_by_hand=drop_by_hand)
    if confirmed is None:
        leave(initialise_command.told(asked, as_json=json, data_dir=data_dir))
    else:
        leave(initialise_command.begin(asked, confirmed, by, data_dir=data_dir))


@app.command("explain", rich_help_panel=OPERATE)
def explain_person(
    chat: Annotated[str, typer.Argument(help="Id of a chat, or of a lesson.")],
    person: Annotated[str, typer.Argument(help="Id of a person.")],
    *,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say why a person is, or is not, in a chat, or how they stand to a distance lesson."""
    leave(chat_commands.explain(chat, person, as_json=json, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def quarantine(
    record: Annotated[
        str | None,
        typer.Argument(help="TOPIC/PARTITION/OFFSET, or retry; the newest if absent."),
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="With retry: what upstream sent wrong too.")
    ] = False,
    content: Annotated[
        bool, typer.Option("--content", help="Show what is in this record: it may hold names.")
    ] = False,
    json: Json = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """List the records that could not be read.

    By place and reason, and never by their content: that may hold names. `quarantine retry` reads
    again what a fault of Rollcall set aside, and goes on where it had stopped; 3 where some of it
    still fails.
    """
    if everything and record != "retry":
        raise typer.BadParameter("--all belongs to retry")
    if record == "retry":
        leave(arrivals.retry_quarantined(everything=everything, as_json=json, data_dir=data_dir))
    elif record is None:
        if content:
            raise typer.BadParameter("--content is of one record: name it")
        leave(arrivals.list_quarantine(as_json=json, limit=limit, data_dir=data_dir))
    else:
        leave(arrivals.show_quarantined(record, content=content, as_json=json, data_dir=data_dir))


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
        leave(arrivals.list_gaps(as_json=json, data_dir=data_dir))
    else:
        leave(arrivals.acknowledge_gap(acknowledge, data_dir=data_dir))
