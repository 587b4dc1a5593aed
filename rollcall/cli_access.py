"""The commands about who may come in to the console; as in ``rollcall.cli``, only their words."""

from typing import Annotated

import typer

from domain.rights import Scope
from rollcall.cli_options import OPERATE, By, DataDir, Json, leave
from rollcall.commands import access

app = typer.Typer()


@app.command("sessions", rich_help_panel=OPERATE)
def list_sessions(
    *,
    end: Annotated[
        str | None, typer.Option(metavar="PERSON", help="Sign this person, or subject, out.")
    ] = None,
    end_all: Annotated[bool, typer.Option("--end-all", help="Sign everybody out.")] = False,
    json: Json = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, the latest used first.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """List who is signed in to the console, or sign people out.

    Whoever is signed out must sign in again at their next click. 3 if there was nobody.
    """
    if end is not None or end_all:
        leave(access.end_sessions(None if end_all else end, data_dir))
    else:
        leave(access.list_sessions(limit, as_json=json, data_dir=data_dir))


@app.command(rich_help_panel=OPERATE)
def accounts(
    *,
    add: Annotated[str | None, typer.Option(metavar="NAME", help="Make an account.")] = None,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What the new account may ask for.")
    ] = None,
    revoke: Annotated[str | None, typer.Option(metavar="NAME", help="End an account.")] = None,
    by: By = None,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List, make or end the accounts of programs that ask the console's API.

    The token of a new account is printed once, alone on stdout. 3 if the name is taken, or
    there is no such account to end.
    """
    if add is not None and revoke is not None:
        raise typer.BadParameter("--add and --revoke do not go together")
    if add is not None:
        if not scope:
            raise typer.BadParameter("--add needs at least one --scope")
        leave(access.add_account(add, scope, by, data_dir))
    elif revoke is not None:
        leave(access.revoke_account(revoke, data_dir))
    else:
        leave(access.list_accounts(as_json=json, data_dir=data_dir))
