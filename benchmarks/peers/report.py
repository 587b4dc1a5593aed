"""What was measured of the peers, and how it is shown."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

RATIO: Final = 2.0
"""What is asked for: so many times as fast as the best peer."""


class Peer(Enum):
    """Who folds the orders."""

    ROLLCALL = "rollcall"
    FAUST = "faust"
    QUIX = "quix"
    BYTEWAX = "bytewax"


@dataclass(frozen=True, slots=True)
class Figures:
    """One program's result; ``same`` says whether its placements are ours."""

    peer: str
    events_per_second: float
    with_placements: float | None
    seconds: float
    peak_mib: float
    placements: int
    same: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """A program that did not come to a result."""

    peer: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that was measured in one run."""

    events: int
    figures: list[Figures]
    missing: list[Missing]

    @property
    def ratio(self) -> float | None:
        """Ours by the best of the others."""
        by_peer = {each.peer: each.events_per_second for each in self.figures}
        ours = by_peer.pop(Peer.ROLLCALL.value, None)
        return None if ours is None or not by_peer else round(ours / max(by_peer.values()), 2)

    @property
    def meets_target(self) -> bool:
        """Whether all results are equal and ours is fast enough."""
        return all(each.same for each in self.figures) and (
            self.ratio is None or self.ratio >= RATIO
        )


def figures_of(
    peer: Peer,
    told: dict[str, float],
    peak: float,
    placed: dict[str, list[str]],
    same: bool,  # noqa: FBT001 - one caller
) -> Figures:
    """What a program told, and whether its placements are ours."""
    placing = told.get("placing_seconds")
    return Figures(
        peer=peer.value,
        events_per_second=round(told["events"] / told["seconds"]),
        with_placements=None
        if placing is None
        else round(told["events"] / (told["seconds"] + placing)),
        seconds=told["seconds"],
        peak_mib=round(peak),
        placements=len(placed),
        same=same,
    )


def show(result: Result) -> None:
    """Print the table."""
    print(f"{result.events:,} orders, withdrawals and cancellations from one topic:")
    print("  peer       events/s   ours is   peak MiB   placements")
    ours = next((each for each in result.figures if each.peer == Peer.ROLLCALL.value), None)
    for each in result.figures:
        times = "" if ours is None else f"{ours.events_per_second / each.events_per_second:.2f}×"
        like = "equal" if each.same else "NOT EQUAL"
        print(
            f"  {each.peer:<9} {each.events_per_second:9,.0f}  {times:>8}  {each.peak_mib:9,.0f}"
            f"   {each.placements:,}, {like}"
        )
        if each.with_placements is not None:
            print(f"  … with all placements worked out: {each.with_placements:,.0f} events/s")
    for gap in result.missing:
        print(f"  {gap.peer:<9} left out: {gap.why}")
    if result.ratio is not None:
        print(f"  ours by the best of the others: {result.ratio} (asked for: {RATIO})")
