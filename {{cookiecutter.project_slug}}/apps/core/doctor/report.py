"""Print what was found: for people, or as JSON for programs."""

import json
import os
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, TextIO

from django.utils.termcolors import make_style

from apps.core.doctor.findings import Finding, Result, Severity
from apps.core.doctor.redaction import hide_secrets
from apps.core.lessons import lesson_url

# Two spaces, the sign and one more space.
MARGIN = 4
LABEL_WIDTH = 6
WIDEST = 100
SIGNS = {Severity.OK: "✓", Severity.SKIPPED: "-", Severity.WARNING: "!", Severity.ERROR: "✗"}
PLAIN_SIGNS = {**SIGNS, Severity.OK: "+", Severity.ERROR: "x"}
COLOURS = {
    Severity.OK: make_style(fg="green"),
    Severity.SKIPPED: make_style(fg="cyan"),
    Severity.WARNING: make_style(fg="yellow", opts=("bold",)),
    Severity.ERROR: make_style(fg="red", opts=("bold",)),
}
REMAINDER = {"ok": "fine", "skipped": "not looked at"}
BOLD = make_style(opts=("bold",))


def exit_status(results: Sequence[Result]) -> int:
    """1 with at least one error, else 0: warnings and skipped rules stop no pipeline."""
    return int(worst(results) is Severity.ERROR)


def worst(results: Sequence[Result]) -> Severity:
    return max((result.severity for result in results), default=Severity.OK)


def write_report(
    results: Sequence[Result], *, settings_module: str, stream: TextIO, as_json: bool, colour: bool
) -> None:
    """Write the report to ``stream``, with every secret blotted out."""
    if as_json:
        text = as_document(results, settings_module)
    else:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        signs = SIGNS if can_encode("✓✗", encoding) else PLAIN_SIGNS
        text = "\n".join(as_lines(results, settings_module, signs=signs, colour=colour))
        text = text.encode(encoding, errors="replace").decode(encoding)
    stream.write(f"{text}\n")


def as_document(results: Sequence[Result], settings_module: str) -> str:
    document = {
        "status": worst(results).name.lower(),
        "settings": settings_module,
        "counts": counts(results),
        "findings": [as_object(result, finding) for result in results for finding in result.findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_object(result: Result, finding: Finding) -> dict[str, Any]:
    return {
        "area": result.area,
        "name": result.name,
        "severity": finding.severity.name.lower(),
        "seen": hide_secrets(finding.seen),
        "wrong": hide_secrets(finding.wrong) or None,
        "mend": hide_secrets(finding.mend) or None,
        "lesson": lesson_url(finding.lesson) if finding.lesson else None,
    }


def as_lines(
    results: Sequence[Result], settings_module: str, *, signs: dict[Severity, str], colour: bool
) -> Iterator[str]:
    width = max(len(result.name) for result in results) + 2
    yield f"{painted(BOLD, 'Doctor', colour)} with {settings_module}"
    for area, members in groupby(results, key=lambda result: result.area):
        yield ""
        yield painted(BOLD, area, colour)
        for result in members:
            for finding in result.findings:
                sign = painted(COLOURS[finding.severity], signs[finding.severity], colour)
                yield from finding_lines(
                    f"  {sign} {result.name:<{width}}", finding, colour=colour, margin=width + MARGIN
                )
    yield ""
    yield painted(COLOURS[worst(results)], summary(results), colour)


def finding_lines(start: str, finding: Finding, *, margin: int, colour: bool) -> Iterator[str]:
    first, *rest = wrapped(hide_secrets(finding.wrong or finding.seen), indent=margin)
    yield f"{start}{first}"
    yield from (" " * margin + line for line in rest)
    details = {
        "seen": finding.seen if finding.wrong else "",
        "mend": finding.mend,
        "why": lesson_url(finding.lesson) if finding.lesson else "",
    }
    for label, text in details.items():
        if text:
            yield from detail_lines(label, hide_secrets(text), margin=margin, colour=colour)


def detail_lines(label: str, text: str, *, margin: int, colour: bool) -> Iterator[str]:
    first, *rest = wrapped(text, indent=margin + LABEL_WIDTH)
    yield f"{' ' * margin}{painted(COLOURS[Severity.SKIPPED], f'{label:<{LABEL_WIDTH}}', colour)}{first}"
    yield from (" " * (margin + LABEL_WIDTH) + line for line in rest)


def wrapped(text: str, *, indent: int) -> list[str]:
    """Break at spaces; a command or an address stays in one piece, to be copied."""
    width = min(shutil.get_terminal_size().columns, WIDEST) - indent
    return textwrap.wrap(text, max(width, 30), break_long_words=False, break_on_hyphens=False) or [""]


def summary(results: Sequence[Result]) -> str:
    number = counts(results)
    parts = [plural(number["error"], "error"), plural(number["warning"], "warning")]
    parts += [f"{number[key]} {words}" for key, words in REMAINDER.items() if number[key]]
    return ", ".join(parts) + "."


def plural(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def counts(results: Sequence[Result]) -> dict[str, int]:
    found = [finding.severity for result in results for finding in result.findings]
    return {severity.name.lower(): found.count(severity) for severity in reversed(Severity)}


def painted(style: Any, text: str, colour: bool) -> str:
    return str(style(text)) if colour else text


def wants_colour(stream: TextIO, *, no_color: bool = False, force_color: bool = False) -> bool:
    """Colours where a terminal is, unless they are declined (https://no-color.org/)."""
    if force_color or no_color:
        return force_color
    dumb = os.environ.get("TERM") == "dumb"
    return stream.isatty() and not os.environ.get("NO_COLOR") and not dumb


def can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
