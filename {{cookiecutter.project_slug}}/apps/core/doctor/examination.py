"""Run the rules: side by side, each with a deadline, and none without what it needs."""

import threading
import time
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import connections

from apps.core.doctor.findings import Finding, Result, Rule, Severity, error

WHOLE_SECONDS = 15
PROJECT_DIR = Path(__file__).resolve().parents[3]


class Examination(threading.Thread):
    """One rule at work.

    A daemon: a rule that hangs must keep neither the report nor the end of the process waiting.
    """

    def __init__(self, rule: Rule) -> None:
        super().__init__(name=f"doctor: {rule.name}", daemon=True)
        self.rule = rule
        self.findings: list[Finding] | None = None

    def run(self) -> None:
        try:
            self.findings = self.rule.examine()
        except (Exception, SystemExit) as crash:  # noqa: BLE001 - a rule that fails is a finding, too
            self.findings = crashed(self.rule, crash)
        finally:
            connections.close_all()

    def result(self, deadline: float) -> Result:
        self.join(max(0, deadline - time.monotonic()))
        findings = timed_out(self.rule) if self.findings is None else self.findings
        return Result(self.rule.area, self.rule.name, findings)


def examine(waves: Sequence[Sequence[Rule]]) -> list[Result]:
    """Run the rules of each wave side by side, one wave after the other.

    Returns:
        One result for each rule, in the order of the rules.
    """
    results: dict[str, Result] = {}
    end = time.monotonic() + WHOLE_SECONDS
    for wave in waves:
        results |= {result.name: result for result in examine_wave(wave, results, end)}
    return list(results.values())


def examine_wave(wave: Iterable[Rule], known: dict[str, Result], end: float) -> list[Result]:
    started = time.monotonic()
    examinations: dict[str, Examination] = {}
    for rule in wave:
        if not rule.needs or known[rule.needs].severity is Severity.OK:
            examinations[rule.name] = Examination(rule)
            examinations[rule.name].start()
    return [
        examinations[rule.name].result(min(started + rule.seconds, end))
        if rule.name in examinations
        else skipped(rule)
        for rule in wave
    ]


def skipped(rule: Rule) -> Result:
    seen = f"not looked at: {rule.needs} comes first"
    return Result(rule.area, rule.name, [Finding(Severity.SKIPPED, seen)])


def timed_out(rule: Rule) -> list[Finding]:
    return error(
        f"no answer after {rule.seconds:g} s",
        wrong="It hangs: this rule timed out.",
        mend="Look at the network and the load of what it talks to; then ask again.",
        lesson=rule.lesson,
    )


def crashed(rule: Rule, crash: BaseException) -> list[Finding]:
    return error(
        f"{place_of(crash)}{type(crash).__name__}: {crash}",
        wrong="This could not be looked at.",
        mend="Mend the line that is named, and ask again.",
        lesson=rule.lesson,
    )


def place_of(crash: BaseException) -> str:
    """Where in the project's own code it happened, as ``"config/urls.py, line 3: "``."""
    if isinstance(crash, SyntaxError) and crash.filename and Path(crash.filename).is_absolute():
        return f"{relative(Path(crash.filename))}, line {crash.lineno}: "
    frames = [
        frame
        for frame in traceback.extract_tb(crash.__traceback__)
        if is_ours(Path(frame.filename)) and "doctor" not in Path(frame.filename).parts
    ]
    if not frames or frames[-1].lineno is None:
        return ""
    return f"{relative(Path(frames[-1].filename))}, line {frames[-1].lineno}: "


def is_ours(file: Path) -> bool:
    """Whether a file is part of the project, and not of a library in its ``.venv``."""
    inside = file.is_relative_to(PROJECT_DIR)
    return inside and not any(part.startswith(".") for part in file.relative_to(PROJECT_DIR).parts)


def relative(file: Path) -> str:
    return (file.relative_to(PROJECT_DIR) if file.is_relative_to(PROJECT_DIR) else file).as_posix()
