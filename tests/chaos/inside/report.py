"""The table, and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.count import Count

HEADINGS = ("fault", "strikes", "accepted", "refused", "runs", "lost", "doubled", "died", "seconds")
# So many of the lost are named.
NAMED = 5


@dataclass(frozen=True)
class Outcome:
    """What one fault has come to.

    Args:
        strikes: How often it happened; None where it has no moments.
        refused: Requests that were told that it did not work.
        died: Processes that ended though nobody had struck them.
    """

    title: str
    strikes: int | None
    refused: int
    count: Count
    died: int
    seconds: float

    @property
    def is_good(self) -> bool:
        return self.strikes != 0 and not self.count.lost and not self.count.doubled

    def row(self) -> tuple[str, ...]:
        numbers = (
            "" if self.strikes is None else self.strikes,
            self.count.accepted,
            self.refused,
            self.count.runs,
            len(self.count.lost),
            len(self.count.doubled),
            self.died,
            round(self.seconds),
        )
        return (self.title, *map(str, numbers))

    def complaints(self) -> list[str]:
        """What to look at."""
        named = {"lost": self.count.lost, "doubled": self.count.doubled, "dead letters": self.count.letters}
        lines = [
            f"{self.title}: {what}: {', '.join(names[:NAMED])}" for what, names in named.items() if names
        ]
        return [*lines, f"{self.title}: it never struck."] if self.strikes == 0 else lines


def table(outcomes: Sequence[Outcome]) -> str:
    rows = [HEADINGS, *(outcome.row() for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(line(row, widths) for row in rows)


def line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
    return "  ".join([row[0].ljust(widths[0]), *cells[1:]])


def verdict(outcomes: Sequence[Outcome]) -> str:
    complaints = [complaint for outcome in outcomes for complaint in outcome.complaints()]
    if all(outcome.is_good for outcome in outcomes):
        complaints.append("Kept: nothing was lost, and nothing took effect twice.")
    return "\n".join(complaints)
