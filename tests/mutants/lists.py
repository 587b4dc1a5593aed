"""The bugs of what a list of the console costs, and of what it then says."""

from typing import Final

from tests.mutants.planting import Mutant

_LISTS = ("tests/benchmarks/test_lists.py",)

LISTS: Final = (
    Mutant(
        "who is missing from one of their chats is counted as inside",
        "projections/staff/summary_numbers.py",
        "(linked & places.belong) - places.missing",
        "linked & places.belong",
        _LISTS,
    ),
    Mutant(
        "a page waits for the browser's acknowledgement",
        "console/web_server.py",
        "    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n",
        "",
        ("tests/console/test_serve.py",),
    ),
)
