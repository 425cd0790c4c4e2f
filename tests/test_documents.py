"""What a project generates from its code is in it from the start, for each kind of project."""

from pathlib import Path

import pytest

from conftest import PROJECT_FOLDER, ROOT
from tools import documents


@pytest.mark.slow
def test_every_kind_of_project_comes_with_documents_that_are_up_to_date(
    project_environment: dict[str, str],
) -> None:
    stale = [path.relative_to(ROOT) for path, _ in documents.stale_documents(project_environment)]

    assert stale == [], "Run `uv run just documents`, and look at the difference."


def test_every_kept_document_is_included_by_a_file_of_the_project() -> None:
    kept = [path.relative_to(documents.SETS) for path in documents.SETS.rglob("*") if path.is_file()]
    included = {Path(name).relative_to("docs") for name in documents.documents()}

    assert {Path(*path.parts[1:]) for path in kept} == included
    assert {path.parts[0] for path in kept} == {
        "-".join(answers.values()) for answers in documents.combinations()
    }


def test_an_answer_in_a_place_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="does not know"):
        documents.as_template(f"summary: The API of {documents.NAME}\n")


def test_braces_of_a_document_are_no_template() -> None:
    written = documents.as_template(f"title: {documents.NAME}\npath: '{{{{ id }}}}'\n")

    assert written == (
        "{% raw %}{% endraw %}title: {{ cookiecutter.project_name | yaml_string }}\n"
        "{% raw %}path: '{{ id }}'\n{% endraw %}"
    )
    assert (ROOT / PROJECT_FOLDER / "docs" / "erd.md").read_text("utf-8").startswith(documents.STUB)
