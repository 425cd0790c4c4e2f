"""The option matrix: few projects, in which every two answers meet in at least one.

    uv run python tools/matrix.py rows              print them, as JSON
    uv run python tools/matrix.py check [ROW ...]   make these, or all, and run `just check` in each

The questions are read from ``cookiecutter.json``, so a new one is in the matrix by itself.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Questions = Mapping[str, Sequence[str]]
Row = dict[str, str]
Answer = tuple[str, str]
Pair = tuple[Answer, Answer]


def read_questions() -> dict[str, list[str]]:
    """Each question with a fixed set of answers, the default first."""
    context = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    return {
        name: answers
        for name, answers in context.items()
        if not name.startswith("_") and isinstance(answers, list)
    }


def all_pairs(questions: Questions) -> set[Pair]:
    """Every two answers to two questions, in the order of the questions."""
    return {
        ((one, answer), (other, another))
        for one, other in combinations(questions, 2)
        for answer in questions[one]
        for another in questions[other]
    }


def pairs_of(row: Row) -> set[Pair]:
    return set(combinations(row.items(), 2))


def pairwise(questions: Questions) -> list[Row]:
    """Rows that hold all pairs; the first is that of the defaults.

    Each further row begins with a pair that is missing, and takes, question by question, the answer that
    brings most of the missing pairs. The result is the same every time, and close to the smallest.
    """
    missing = all_pairs(questions)
    rows = [{name: answers[0] for name, answers in questions.items()}]
    missing -= pairs_of(rows[0])
    while missing:
        fullest = max(
            (complete(dict(pair), questions, missing) for pair in sorted(missing)),
            key=lambda row: len(pairs_of(row) & missing),
        )
        rows.append(fullest)
        missing -= pairs_of(fullest)
    return rows


def complete(begun: Row, questions: Questions, missing: set[Pair]) -> Row:
    row = dict(begun)
    # Those with many answers first: their pairs are the hardest to place.
    for name in sorted(questions.keys() - begun.keys(), key=lambda name: (-len(questions[name]), name)):
        candidates = ({**row, name: answer} for answer in questions[name])
        row = max(candidates, key=lambda candidate: len(pairs_of(ordered(candidate, questions)) & missing))
    return ordered(row, questions)


def ordered(row: Row, questions: Questions) -> Row:
    return {name: row[name] for name in questions if name in row}


def check(row: Row, folder: Path, environment: Mapping[str, str]) -> bool:
    """Make a project with these answers, and let it check itself."""
    answers = [f"{name}={answer}" for name, answer in row.items()]
    bake = [sys.executable, "-m", "cookiecutter", str(ROOT), "--no-input", "--default-config"]
    subprocess.run([*bake, "--output-dir", str(folder), *answers], check=True, stdout=subprocess.DEVNULL)
    project = folder / "my_project"
    checked = subprocess.run(["uv", "run", "just", "check"], cwd=project, env=environment, check=False)
    return checked.returncode == 0


def check_rows(rows: Mapping[int, Row]) -> int:
    """Check the rows one after the other; say what became of each, and return 0 if all passed."""
    failed = 0
    with tempfile.TemporaryDirectory() as workshop:
        environment = shared_environment(Path(workshop))
        for number, row in rows.items():
            folder = Path(workshop) / str(number)
            folder.mkdir()
            started = time.monotonic()
            passed = check(row, folder, environment)
            minutes = (time.monotonic() - started) / 60
            outcome = "passed" if passed else "FAILED"
            print(f"Row {number} {outcome} in {minutes:.1f} minutes: {describe(row)}", flush=True)
            failed += not passed
            shutil.rmtree(folder)
    covered = set().union(*map(pairs_of, rows.values()))
    print(
        f"{len(rows)} rows, {failed} failed; {len(covered)} of {len(all_pairs(read_questions()))} pairs met."
    )
    return int(failed > 0)


def shared_environment(workshop: Path) -> dict[str, str]:
    """One virtual environment and one cache of types for all: to begin anew takes a minute each."""
    own = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return own | {"UV_PROJECT_ENVIRONMENT": str(workshop / "venv"), "MYPY_CACHE_DIR": str(workshop / "mypy")}


def describe(row: Row) -> str:
    return ", ".join(row.values())


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="matrix")
    parser.add_argument("action", choices=["rows", "check"])
    parser.add_argument("row", nargs="*", type=int)
    asked = parser.parse_args(arguments)
    rows = dict(enumerate(pairwise(read_questions())))
    if unknown := [str(number) for number in asked.row if number not in rows]:
        parser.error(f"there is no row {' or '.join(unknown)}: they are numbered from 0 to {max(rows)}")
    if asked.action == "check":
        return check_rows({number: rows[number] for number in asked.row or rows})
    print(json.dumps([{"row": number, "answers": describe(row)} for number, row in rows.items()]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
