"""Every answer either arrives unchanged in every file that holds it, or is refused by name."""

import ast
import re
import sys
import tomllib
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pytest_cookies.plugin import Cookies

import local_extensions
from answers import HOSTILE, LEGITIMATE, TYPED, together
from conftest import CHOICES, DEFAULTS, PROJECT_FOLDER, ROOT, Bake, Run
from hooks import pre_gen_project

ANY_TEXT = st.text()
WRITABLE_TEXT = st.text(min_size=1).filter(lambda text: not pre_gen_project.find_text_problem(text))


def test_there_are_at_least_sixty_answers_of_each_kind() -> None:
    assert len(set(HOSTILE)) >= 60
    assert len(set(LEGITIMATE)) >= 60


@pytest.mark.parametrize(("field", "answer"), HOSTILE)
def test_a_hostile_answer_is_refused_by_name_and_leaves_nothing(
    field: str,
    answer: str,
    cookies: Cookies,
    template: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    result = cookies.bake(extra_context={field: answer}, template=str(template))

    said = capfd.readouterr().err + str(result.exception)
    assert result.exit_code != 0
    assert field in said
    assert [path.name for path in (tmp_path / "cookies").rglob("*")] in ([], ["bake00"])


@pytest.mark.parametrize("answers", together(LEGITIMATE), ids=lambda answers: answers["project_name"])
def test_legitimate_answers_arrive_unchanged_everywhere(
    answers: dict[str, str], bake: Bake, run: Run
) -> None:
    result = bake(**answers)

    assert result.exception is None
    assert result.context.items() >= answers.items()
    assert_answers_arrived(result.project_path, result.context, run)


@pytest.mark.parametrize(("field", "answer"), TYPED)
def test_jinja_that_is_typed_at_the_prompt_arrives_unevaluated(
    field: str, answer: str, template: Path, tmp_path: Path, run: Run
) -> None:
    answers = DEFAULTS | {field: answer}
    typed = "".join("\n" if name in CHOICES else f"{answers[name]}\n" for name in DEFAULTS)

    run(sys.executable, "-m", "cookiecutter", str(template), cwd=tmp_path, stdin=typed)

    assert_answers_arrived(tmp_path / "my_project", answers, run)


def assert_answers_arrived(project: Path, answers: dict[str, Any], run: Run) -> None:
    metadata = tomllib.loads(read(project / "pyproject.toml"))["project"]
    lock = tomllib.loads(read(project / "uv.lock"))
    readme = MarkdownIt().parse(read(project / "README.md"))
    api = yaml.safe_load(read(project / "docs" / "openapi" / "v1.yaml"))["info"]
    env = dotenv_values(project / ".env")
    example = dotenv_values(project / ".env.example")
    author = run("git", "log", "--format=%an\n%ae", cwd=project)

    assert project.name == answers["project_slug"]
    assert metadata["name"] == answers["project_slug"].replace("_", "-")
    assert [p["name"] for p in lock["package"] if "virtual" in p["source"]] == [metadata["name"]]
    assert metadata["description"] == answers["description"]
    assert metadata["authors"] == [{"name": answers["author_name"], "email": answers["author_email"]}]
    assert read_constants(project / "config" / "project.py") == {
        "NAME": answers["project_name"],
        "DESCRIPTION": answers["description"],
        "DOMAIN": answers["domain_name"],
        "DATABASE": answers["database"],
    }
    assert api["title"] == answers["project_name"]
    assert api["description"] == answers["description"]
    assert env["DJANGO_SUPERUSER_EMAIL"] == answers["author_email"]
    assert env.keys() == example.keys()
    assert text_of(readme[1]) == answers["project_name"]
    assert text_of(readme[4]) == answers["description"]
    assert author.splitlines()[0] == as_git_writes(answers["author_name"])
    assert author.splitlines()[1] == answers["author_email"]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def read_constants(path: Path) -> dict[str, Any]:
    assignments = [node for node in ast.parse(read(path)).body if isinstance(node, ast.AnnAssign)]
    return {ast.unparse(node.target): ast.literal_eval(node.value or node) for node in assignments}


def text_of(inline: Any) -> str:
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    return "".join(child.content for child in inline.children)


def as_git_writes(name: str) -> str:
    """Git leaves out what would end a name in a commit, and punctuation around it."""
    return name.replace("<", "").replace(">", "").strip(".,:;\"'\\ ")


def test_what_the_refusal_suggests_would_do(
    cookies: Cookies, template: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = {"project_slug": "Café Nº1", "domain_name": "https://München.example:8000/"}

    result = cookies.bake(extra_context=answers, template=str(template))

    assert result.exit_code != 0
    assert capfd.readouterr().err.splitlines()[:2] == [
        f"project_slug: 'Café Nº1' {pre_gen_project.SLUG_RULE}. 'cafe_no1' would do.",
        f"domain_name: 'https://München.example:8000/' {pre_gen_project.DOMAIN_RULE}. "
        "'xn--mnchen-3ya.example' would do.",
    ]


def test_a_folder_that_is_already_there_stays_as_it_is(template: Path, tmp_path: Path, run: Run) -> None:
    keepsake = tmp_path / "my_project" / "keepsake.txt"
    keepsake.parent.mkdir()
    keepsake.write_text("mine", encoding="utf-8")
    command = (sys.executable, "-m", "cookiecutter", str(template), "--no-input")

    with pytest.raises(AssertionError, match="already exists"):
        run(*command, cwd=tmp_path)
    with pytest.raises(AssertionError, match="author_name: ''"):
        run(*command, "--overwrite-if-exists", "author_name=", cwd=tmp_path)

    assert list(tmp_path.rglob("*")) == [keepsake.parent, keepsake]
    assert keepsake.read_text(encoding="utf-8") == "mine"


def test_a_line_statement_of_jinja_on_the_command_line_makes_nothing(
    cookies: Cookies, template: Path, tmp_path: Path
) -> None:
    result = cookies.bake(extra_context={"description": "# @home"}, template=str(template))

    assert result.exit_code != 0
    assert list((tmp_path / "cookies").rglob("my_project")) == []


def test_every_question_is_looked_at_and_every_folder_has_its_name_for_itself() -> None:
    folders = {path.name for path in (ROOT / PROJECT_FOLDER).iterdir() if path.is_dir()}

    assert pre_gen_project.EXAMPLES.keys() == DEFAULTS.keys()
    assert {name for name in folders if name.isidentifier()} <= pre_gen_project.OWN_NAMES


@pytest.mark.parametrize("field", pre_gen_project.EXAMPLES)
@given(answer=ANY_TEXT)
def test_a_suggestion_is_never_refused_itself(field: str, answer: str) -> None:
    suggestion = pre_gen_project.suggest(field, answer)

    assert pre_gen_project.find_problem(field, suggestion) is None


@pytest.mark.parametrize("field", pre_gen_project.EXAMPLES)
@pytest.mark.parametrize("answer", [None, True, 7, ["a"], {"a": "b"}])
def test_an_answer_that_is_no_text_is_refused(field: str, answer: object) -> None:
    answers = DEFAULTS | {field: answer}

    assert [line.split(":")[0] for line in pre_gen_project.refusals(answers, {})] == [field]


@given(name=ANY_TEXT, other=ANY_TEXT)
def test_every_refusal_is_one_line(name: str, other: str) -> None:
    answers = dict.fromkeys(DEFAULTS, other) | {"project_name": name}

    lines = list(pre_gen_project.refusals(answers, {}))

    assert "\n".join(lines).splitlines() == lines


@given(text=WRITABLE_TEXT)
def test_text_reads_back_from_toml(text: str) -> None:
    assert tomllib.loads(f"key = {local_extensions.toml_string(text)}") == {"key": text}


@given(text=WRITABLE_TEXT)
def test_text_reads_back_from_yaml(text: str) -> None:
    assert yaml.safe_load(f"key: {local_extensions.yaml_string(text)}") == {"key": text}


@given(text=WRITABLE_TEXT)
def test_text_reads_back_from_python(text: str) -> None:
    assert ast.literal_eval(local_extensions.python_string(text)) == text


@given(text=WRITABLE_TEXT)
def test_text_reads_back_from_an_env_file(text: str) -> None:
    line = f"KEY={local_extensions.env_string(text)}\nNEXT=1\n"

    assert dotenv_values(stream=StringIO(line)) == {"KEY": text, "NEXT": "1"}


@given(text=WRITABLE_TEXT)
def test_text_reads_back_from_a_markdown_heading(text: str) -> None:
    tokens = MarkdownIt().parse(f"# {local_extensions.markdown_text(text)}\n")

    assert [token.type for token in tokens] == ["heading_open", "inline", "heading_close"]
    assert text_of(tokens[1]) == text


@given(text=WRITABLE_TEXT)
def test_text_reads_back_from_a_markdown_paragraph(text: str) -> None:
    tokens = MarkdownIt().parse(f"{local_extensions.markdown_text(text)}\n")

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert text_of(tokens[1]) == text


def test_python_strings_have_the_quotes_that_ruff_would_choose(tmp_path: Path, run: Run) -> None:
    texts = [text for _, text in LEGITIMATE]
    module = tmp_path / "strings.py"
    lines = "".join(f"x{n} = {local_extensions.python_string(t)}\n" for n, t in enumerate(texts))
    module.write_text(lines, encoding="utf-8")

    run(
        sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=320", "--check",
        str(module), cwd=tmp_path,
    )  # fmt: skip


@pytest.mark.parametrize("slug", ["a", "my_shop_2", "a" * 63, "a" * 39 + "_b"])
def test_a_slug_names_a_service_on_any_platform(slug: str) -> None:
    label = local_extensions.dns_label(slug)

    assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", label)
    assert len(f"{label}-production") <= 63
