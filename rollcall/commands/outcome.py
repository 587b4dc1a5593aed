"""What a command came to: an exit code, and one line on stderr for whatever went wrong."""

import sys

import typer
from typer.main import get_command

from rollcall.commands.session import remark
from rollcall.failures import FAILURES, explain, leaves, trace


def outcome(app: typer.Typer) -> int:
    """Run the command that the process was called with; its exit code."""
    try:
        return int(app(prog_name="rollcall", standalone_mode=False) or 0)
    except typer.TyperException as wrong:
        return _wrong_usage(app, wrong)
    except Exception as error:  # noqa: BLE001 - the last place there is: told, not swallowed
        return _failed(error)


def _wrong_usage(app: typer.Typer, wrong: typer.TyperException) -> int:
    """One line in place of typer's three; its own text where no command was given."""
    context = getattr(wrong, "ctx", None)
    command = f"rollcall{_asked(app)}" if context is None else context.command_path
    if type(wrong).__name__ == "NoArgsIsHelpError":
        remark(str(wrong))
    else:
        words = " ".join(str(getattr(wrong, "format_message", wrong.__str__)()).split())
        remark(f"{command}: {words.rstrip('.')}; see `{command} --help`")
    return 2


def _asked(app: typer.Typer) -> str:
    """The command that the process was called with, which the parser of options does not know."""
    names = getattr(get_command(app), "commands", ())
    return next((f" {word}" for word in sys.argv[1:2] if word in names), "")


def _failed(error: Exception) -> int:
    group = error if isinstance(error, ExceptionGroup) else ExceptionGroup("", [error])
    known, bugs = group.split(FAILURES)
    if bugs is None and known is not None:
        for failure in leaves(known):
            remark(f"rollcall: {explain(failure)}")
        return 1
    remark("rollcall: this is a bug of Rollcall; please report these lines, which hold no data:")
    for line in trace(error):
        remark(line)
    return 1
