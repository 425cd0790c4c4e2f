"""The option matrix: every two answers meet, whatever is asked, and a project of each is in order."""

import json
import re

import pytest

from conftest import CHOICES, DEFAULTS, ROOT, Bake, Run
from tools.matrix import all_pairs, main, pairs_of, pairwise, read_questions

QUESTIONS = read_questions()
ROWS = pairwise(QUESTIONS)
# The license decides about one file, which test_render.py reads for each answer.
OF_CODE = {name: answers for name, answers in QUESTIONS.items() if name != "license"}
# As few projects as hold each answer, the defaults first; those test_project.py checks as a whole.
# Every two answers meet in the rows of the matrix, which a workflow of its own checks.
DEFAULTS_OF_CODE, *TO_LINT = (
    {name: answers[number % len(answers)] for name, answers in OF_CODE.items()}
    for number in range(max(map(len, OF_CODE.values())))
)


def test_every_question_with_fixed_answers_is_in_the_matrix() -> None:
    assert tuple(QUESTIONS) == CHOICES


def test_every_two_answers_meet_in_a_row() -> None:
    assert set().union(*map(pairs_of, ROWS)) == all_pairs(QUESTIONS)


def test_every_answer_that_decides_about_code_is_in_a_project_that_is_linted() -> None:
    linted = [DEFAULTS_OF_CODE, *TO_LINT]

    assert {name: {row[name] for row in linted} for name in OF_CODE} == {
        name: set(answers) for name, answers in OF_CODE.items()
    }


def test_the_first_row_is_that_of_the_defaults() -> None:
    assert ROWS[0] == {name: DEFAULTS[name] for name in CHOICES}


def test_there_are_hardly_more_rows_than_there_have_to_be() -> None:
    most, second = sorted(map(len, QUESTIONS.values()))[-2:]

    assert len(ROWS) <= most * second + 2


def test_a_new_question_is_met_by_all_others() -> None:
    asked = {**QUESTIONS, "object_storage": ["none", "s3", "azure"]}

    assert set().union(*map(pairs_of, pairwise(asked))) == all_pairs(asked)


def test_the_workflow_gets_a_number_and_words_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    main(["rows"])

    rows = json.loads(capsys.readouterr().out)
    assert [row["row"] for row in rows] == list(range(len(ROWS)))
    assert rows[0]["answers"] == "MIT, JWT, PostgreSQL, Redis, Compose, GitHub Actions, yes"


def test_a_row_that_is_not_there_is_answered_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "1", "99"])

    assert ended.value.code == 2
    assert f"there is no row 99: they are numbered from 0 to {len(ROWS) - 1}\n" in capsys.readouterr().err


def test_the_workflow_takes_its_rows_from_there_and_checks_each() -> None:
    workflow = (ROOT / ".github" / "workflows" / "matrix.yml").read_text(encoding="utf-8")

    assert "uv run python tools/matrix.py rows" in workflow
    assert "include: ${{ fromJSON(needs.rows.outputs.rows) }}" in workflow
    assert re.search(r"ROW: \$\{\{ matrix\.row \}\}\n +run: uv run just matrix \"\$ROW\"", workflow)


@pytest.mark.slow
@pytest.mark.parametrize("answers", TO_LINT, ids=lambda answers: "-".join(answers.values()).replace(" ", ""))
def test_a_project_with_any_answer_is_lint_clean(
    answers: dict[str, str], bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(**answers).project_path

    run("uv", "run", "just", "lint", cwd=project, env=project_environment)
