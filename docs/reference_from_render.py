"""Write the pages of ``docs/reference/`` from a freshly generated project.

    uv run python docs/reference_from_render.py

is part of ``just docs``. Nothing of the project is imported, so none of its dependencies is needed:
Python files are read as syntax trees. ``tests/test_site.py`` compares the committed pages with fresh
ones.
"""

import ast
import json
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"

LONGEST_VALUE = 70
NOTICE = "% Written by docs/reference_from_render.py: change what it reads, then run it.\n"
# Folders that are shown as one line: what is in them says little about where things are.
FOLDED = frozenset({"tests", "migrations", "app_template", "templates"})
LESSON_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")

# Files that cannot say it themselves, or whose names say it to everyone who knows Django.
CONVENTIONS = {
    "CHANGELOG.md": "What changed, version by version.",
    "CONTRIBUTING.md": "How to change the project, and what to do when a check is red.",
    "README.md": "What the project is, and how to run and test it.",
    "LICENSE": "The license that was chosen.",
    "pyproject.toml": "Dependencies, and the configuration of every tool.",
    "uv.lock": "Every installed version, with hashes.",
    ".editorconfig": "Indentation and line endings, for editors.",
    ".gitattributes": "Line endings, for git.",
    ".pre-commit-config.yaml": "What runs before a commit.",
    "changelog.d/README.md": "How to write news of a change, of which the changelog is made.",
    "admin.py": "How the admin shows the models.",
    "app_template/": "What `just newapp` makes an app from.",
    "bug.yml": "What to say of something that does not work.",
    "devcontainer.json": "An environment to work in, for editors that run one in a container.",
    "idea.yml": "What to say of something that is missing.",
    "pull_request_template.md": "What to say of a change.",
    "apps.py": "The app's entry in Django's registry.",
    "migrations/": "The history of the tables.",
    "models.py": "Tables and their constraints.",
    "one-machine.md": "Production on one machine: start, new versions, backups, limits.",
    "operations.md": "What runs, how to see that it is well, and what to do when it is not.",
    "serializers.py": "From requests to values, and from objects to responses.",
    "templates/": "HTML pages.",
    "urls.py": "Addresses.",
    "collection.json": "The requests of the API for Postman, written by `just docs`.",
    "local.environment.json": "Where Postman finds the project that `just up` runs.",
    "picture.png": "What Postman uploads as a photo.",
    "v1.yaml": "Version 1 of the API, written by `just docs`.",
    "v2.yaml": "Version 2 of the API, written by `just docs`.",
    "views.py": "Requests in, responses out.",
}

TYPES = {
    "str": "text",
    "str | None": "text",
    "bool": "`true` or `false`",
    "int": "a whole number",
    "CommaSeparated": "a comma-separated list",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in pages(bake(Path(folder))).items():
            (REFERENCE / name).write_text(text, encoding="utf-8", newline="\n")


def bake(folder: Path) -> Path:
    """Make a project in an empty folder, with every default, whatever this machine's user prefers."""
    command = [sys.executable, "-m", "cookiecutter", str(ROOT), "--no-input", "--default-config"]
    subprocess.run([*command, "--output-dir", str(folder)], check=True, stdout=subprocess.DEVNULL)
    return next(folder.iterdir())


def tracked_files(project: Path) -> list[str]:
    command = ["git", "ls-files"]
    return subprocess.check_output(command, cwd=project, text=True, encoding="utf-8").splitlines()


def pages(project: Path) -> dict[str, str]:
    """The text of every generated page, by file name, for a project made with every default."""
    files = tracked_files(project)
    return {
        "options.md": options_page(files),
        "environment.md": environment_page(project),
        "settings.md": settings_page(project),
        "commands.md": commands_page(project),
        "layout.md": layout_page(project, files),
        "checks.md": checks_page(project),
        "testing.md": testing_page(project, files),
    }


def page(title: str, introduction: str, sections: Iterator[str]) -> str:
    return "\n".join([NOTICE, f"# {title}", "", introduction, "", *sections]).rstrip() + "\n"


# --- Options ---


def options_page(files: list[str]) -> str:
    introduction = (
        "What Cookiecutter asks when it makes a project, in this order. Enter takes the default. "
        "Answers that would break a file are refused with one line each."
    )
    return page("Options", introduction, option_sections(files))


def option_sections(files: list[str]) -> Iterator[str]:
    questions = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    only_for = runpy.run_path(str(ROOT / "hooks" / "post_gen_project.py"))["ONLY_FOR"]
    sources = {path: (TEMPLATE / path) for path in files if (TEMPLATE / path).exists()}
    texts = {path: source.read_text(encoding="utf-8") for path, source in sources.items()}
    for name, default in questions.items():
        if name.startswith("_"):
            continue
        prompt = questions["__prompts__"][name]
        places = [path for path, text in texts.items() if f"cookiecutter.{name}" in text]
        yield f"## {name}\n"
        yield f"{prompt if isinstance(prompt, str) else prompt['__prompt__']}\n"
        if isinstance(default, list):
            yield from choice_lines(default, prompt, only_for.get(name, {}))
        else:
            yield f"- Default: {describe_default(default)}"
        if places:
            yield f"- Written into: {code_list(places)}"
        yield ""


def describe_default(default: str) -> str:
    derived_from = re.search(r"cookiecutter\.(\w+)", default)
    return f"derived from `{derived_from[1]}`" if derived_from else f"`{default}`"


def choice_lines(
    choices: list[str], prompt: Mapping[str, str], only_for: Mapping[str, list[str]]
) -> Iterator[str]:
    every_path = {path for paths in only_for.values() for path in paths}
    for position, choice in enumerate(choices):
        _, _, meaning = prompt[choice].partition(": ")
        missing = sorted(every_path.difference(only_for.get(choice, [])))
        default = " (the default)" if position == 0 else ""
        without = f"; without {code_list(missing)}" if missing else ""
        yield f"- `{choice}`{default}: {meaning}{without}"


# --- Environment ---


def environment_page(project: Path) -> str:
    introduction = (
        "Every environment variable that a generated project reads, from its `config/env.py`. "
        "A missing or malformed one stops the process when it starts, with one message for all of "
        "them. On a development machine they may stand in `.env`; the real environment wins."
    )
    return page("Environment", introduction, environment_sections(project))


def environment_sections(project: Path) -> Iterator[str]:
    module = parse(project / "config" / "env.py")
    answers = SimpleNamespace(**constants(parse(project / "config" / "project.py")))
    database = constants(parse(project / "config" / "database.py"), {"project": answers})
    names: dict[str, Any] = {
        "Field": SimpleNamespace,
        "project": answers,
        "database": SimpleNamespace(**database),
        **constants(module),
    }
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    for node in classes["Environment"].body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        field = evaluate(node.value, names)
        yield f"## {node.target.id}\n"
        yield f"{field.description}\n"
        yield from (f"- {fact}" for fact in variable_facts(node.annotation, field))
        yield ""


def variable_facts(annotation: ast.expr, field: SimpleNamespace) -> Iterator[str]:
    yield f"{capitalised(type_in_words(annotation))}{range_in_words(field)}"
    if not hasattr(field, "default"):
        yield "Required everywhere"
    elif field.default in (None, []):
        yield "Default: none"
    else:
        yield f"Default: `{json.dumps(field.default).strip(chr(34))}`"
    if hasattr(field, "examples"):
        yield f"For example: `{field.examples[0]}`"
    if getattr(field, "json_schema_extra", {}).get("secret"):
        yield "Secret: never printed"


def type_in_words(annotation: ast.expr) -> str:
    source = ast.unparse(annotation)
    if isinstance(annotation, ast.Subscript) and source.startswith("Literal["):
        return f"one of {code_list(ast.literal_eval(annotation.slice))}"
    return TYPES[source]


def range_in_words(field: SimpleNamespace) -> str:
    low, high = getattr(field, "ge", None), getattr(field, "le", None)
    if high is not None:
        return f" from {low} to {high}"
    return f", {low} or more" if low is not None else ""


# --- Settings ---


def settings_page(project: Path) -> str:
    introduction = (
        "Every setting that a generated project makes, file by file: `base.py` is the list of the "
        "components, and each of the other modules holds its differences. A value that is not shown "
        "is in the file."
    )
    return page("Settings", introduction, settings_sections(project))


def settings_sections(project: Path) -> Iterator[str]:
    folder = project / "config" / "settings"
    modules = [*sorted((folder / "components").glob("*.py")), *sorted(folder.glob("*.py"))]
    for source in modules:
        text = source.read_text(encoding="utf-8")
        module = ast.parse(text)
        settings = list(settings_of(module, text.splitlines()))
        if settings:
            yield f"## {source.relative_to(folder).as_posix()}\n"
            yield f"{(ast.get_docstring(module) or '').replace('``', '`')}\n"
            yield from settings
            yield ""


def settings_of(module: ast.Module, lines: list[str]) -> Iterator[str]:
    for node in ast.walk(module):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        name = ast.unparse(target) if isinstance(target, ast.Name | ast.Subscript) else ""
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) or not name[:1].isupper():
            continue
        value = ast.unparse(node.value) if node.value else ""
        shown = f" = `{value}`" if len(value) <= LONGEST_VALUE else ""
        reason = comment_above(lines, node.lineno)
        yield f"- `{name}`{shown}{f'. {reason}' if reason else ''}"


def comment_above(lines: list[str], number: int) -> str:
    """The comment that ends on the line before the given one, counted from 1."""
    words: list[str] = []
    for line in reversed(lines[: number - 1]):
        if not line.strip().startswith("#"):
            break
        words.insert(0, line.strip(" #"))
    return " ".join(words)


# --- Commands ---


def commands_page(project: Path) -> str:
    introduction = (
        "The verbs of a generated project, from its `justfile`. Type `uv run just VERB` in the "
        "project's folder; uv installs what is missing first."
    )
    return page("Commands", introduction, command_sections(project))


def command_sections(project: Path) -> Iterator[str]:
    justfile = project / "justfile"
    recipes = json.loads(just(justfile, "--dump", "--dump-format", "json"))["recipes"]
    for name in just(justfile, "--summary", "--unsorted").split():
        recipe = recipes[name]
        verb = ["uv run just", *([name] if name != "default" else [])]
        parameters = [parameter_in_words(parameter) for parameter in recipe["parameters"]]
        yield f"## {name}\n"
        yield f"{recipe['doc']}\n"
        yield f"```text\n{' '.join([*verb, *parameters])}\n```\n"
        yield "It runs:\n"
        yield "\n".join(["```text", *map(recipe_line, recipe["body"]), "```", ""])


def just(justfile: Path, *arguments: str) -> str:
    scripts = sysconfig.get_path("scripts")
    program = shutil.which("just", path=scripts) or shutil.which("just") or "just"
    command = [program, "--justfile", str(justfile), *arguments]
    return subprocess.check_output(command, text=True, encoding="utf-8")


def parameter_in_words(parameter: Mapping[str, Any]) -> str:
    return f"[{parameter['name']} …]" if parameter["kind"] == "star" else parameter["name"]


def recipe_line(fragments: list[Any]) -> str:
    """One line of a recipe; what is not text is an expression, here always a parameter."""
    return "".join(part if isinstance(part, str) else part[0][1] for part in fragments).lstrip("@")


# --- Layout ---


def layout_page(project: Path, files: list[str]) -> str:
    introduction = (
        "Every file of a generated project, as `git ls-files` lists them; folders of tests, "
        "migrations and templates are one line each. What a file is for is its own first sentence."
    )
    return page("Layout", introduction, layout_sections(project, files))


def layout_sections(project: Path, files: list[str]) -> Iterator[str]:
    rows = list(dict.fromkeys(fold(path) for path in files))
    folders = list(dict.fromkeys(path.partition("/")[0] for path in rows if "/" in path))
    yield from layout_table("The root", [path for path in rows if "/" not in path], project)
    for folder in folders:
        inside = [path for path in rows if path.startswith(f"{folder}/")]
        yield from layout_table(f"{folder}/", inside, project)


def fold(path: str) -> str:
    *folders, _ = path.split("/")
    for depth, folder in enumerate(folders):
        if folder in FOLDED:
            return "/".join(folders[: depth + 1]) + "/"
    return path


def layout_table(title: str, paths: list[str], project: Path) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| Path | What it is |\n|---|---|"
    for path in paths:
        words = purpose(project / path) or CONVENTIONS.get(path) or CONVENTIONS.get(last_part(path), "")
        # A package's own sentence stands beside the package; an empty marker says nothing.
        if words or not path.endswith("__init__.py"):
            yield f"| `{path.removesuffix('__init__.py')}` | {words} |"
    yield ""


def last_part(path: str) -> str:
    """``urls.py`` of ``apps/users/api/v1/urls.py``, ``tests/`` of ``apps/users/tests/``."""
    return path[path.rstrip("/").rfind("/") + 1 :]


def purpose(path: Path) -> str:
    """The first sentence that a file says about itself; of Python the first line, which is one."""
    if path.is_dir():
        path = path / "__init__.py"
    if not path.exists() or path.suffix == ".png":
        return ""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        words = ast.get_docstring(ast.parse(text)) or ""
    elif path.suffix == ".md":
        words = ""  # It begins with a title, which does not say what it is for.
    else:
        found = re.match(r"(?:#!.*\n|# syntax=.*\n)?((?:# .+\n)+)", text)
        words = found[1].replace("\n# ", " ").removeprefix("# ") if found else ""
        words = re.sub(r"(?<=[.?]) (?=[A-Z]).*", "", words)
    first_line = words.partition("\n")[0]
    return first_line.replace("``", "`").replace("|", "\\|")


# --- Checks ---


def checks_page(project: Path) -> str:
    introduction = (
        "System checks of a generated project for mistakes that Django's own, `check --deploy` "
        "included, let pass. They run before `runserver`, `check` and most other commands, which a "
        "finding stops. `SILENCED_SYSTEM_CHECKS` can silence one by its id. `…` stands for what "
        "was found."
    )
    return page("Checks", introduction, check_sections(project))


def check_sections(project: Path) -> Iterator[str]:
    found = [
        (check_id, section)
        for source in sorted((project / "apps" / "core" / "checks").glob("*.py"))
        for check_id, section in checks_of(source, project)
    ]
    yield from (section for _, section in sorted(found))


def checks_of(source: Path, project: Path) -> Iterator[tuple[str, str]]:
    module = parse(source)
    names = constants(module)
    for function in module.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "problem":
                yield check_section(call, function, names, source.relative_to(project).as_posix())


def check_section(
    call: ast.Call, function: ast.FunctionDef, names: Mapping[str, Any], source: str
) -> tuple[str, str]:
    check_id, message = (literal(argument, names) for argument in call.args)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    lesson = literal(keywords["lesson"], names)
    lessons = [lesson] if lesson else lesson_ids(function)
    lines = [
        f"## {check_id}\n",
        f"> {quoted(message)}\n",
        f"- Mend: {quoted(literal(keywords['mend'], names) or 'the finding says what to type.')}",
        f"- Lesson: {' or '.join(map(lesson_link, lessons))}",
        f"- In `{source}`{', with `check --deploy` only' if is_for_deployment(function) else ''}",
        "",
    ]
    return check_id, "\n".join(lines)


def literal(node: ast.expr, names: Mapping[str, Any]) -> str:
    """The text of an expression, with ``…`` for what only a run can tell; ``""`` if all is."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return str(names.get(node.id, ""))
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part, names) or "…" for part in node.values)
    return ""


def lesson_ids(function: ast.FunctionDef) -> list[str]:
    """The lessons that a check chooses from."""
    texts = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
    return [text for text in texts if isinstance(text, str) and LESSON_ID.fullmatch(text)]


def lesson_link(lesson: str) -> str:
    """The id of a lesson, which leads to its page once that is written."""
    is_written = (ROOT / "docs" / "lessons" / lesson / "lesson.md").exists()
    return f"[`{lesson}`](../lessons/{lesson}/lesson.md)" if is_written else f"`{lesson}`"


def is_for_deployment(function: ast.FunctionDef) -> bool:
    return any("deploy=True" in ast.unparse(decorator) for decorator in function.decorator_list)


# --- Testing ---


def testing_page(project: Path, files: list[str]) -> str:
    introduction = (
        "Three things are tested: the template, the projects that it makes, and the lessons. Nothing "
        "is mocked that can be had: tests bake real projects, and those have a real database, a "
        "real Redis and real processes. What a file proves is its own first sentence."
    )
    return page("How this template is tested", introduction, testing_sections(project, files))


def testing_sections(project: Path, files: list[str]) -> Iterator[str]:
    tests = sorted((ROOT / "tests").glob("test_*.py"))
    yield "## The template\n"
    yield (
        "In its folder `tests`. `uv run just test` runs the fast ones, `uv run just test-slow` those that "
        "install, start or break a generated project, or need a browser.\n"
    )
    yield "| Tests | What they prove | Speed |\n|---|---|---|"
    yield from (f"| `{path.name}` | {purpose(path)} | {speed(path)} |" for path in tests)
    yield "\n## A generated project\n"
    yield (
        "These come with every project. `uv run just test` runs them; `uv run just check` adds lint, "
        "types, import rules, the deployment checks and the measure of coverage. The template's slow "
        "tests run that in a fresh project.\n"
    )
    yield "| Tests | What they prove |\n|---|---|"
    own = [path for path in files if re.search(r"/test_\w+\.py$", path)]
    yield from (f"| `{path}` | {purpose(project / path)} |" for path in own if purpose(project / path))
    plain = [path for path in own if not purpose(project / path)]
    yield f"\nThese test what their names say: {code_list(plain)}."
    yield LESSONS_ARE_TESTED
    yield "## On every change\n"
    yield "`.ci/run` needs Python 3.11 and pip, and takes these parts one after the other:\n"
    yield from (f"- {name}: `{command}`" for name, command in parts_of_the_ci())
    yield (
        "\nThe workflow runs it on Linux. On macOS and Windows it makes a project and checks its lock; "
        "that such a project runs there is not tested yet."
    )


LESSONS_ARE_TESTED = """
## The lessons

For each lesson, on a fresh project:

1. The guard is green.
2. `break.patch` applies. A project with uncommitted changes is refused.
3. The command of the symptom prints the literal text that the page shows.
4. The guard is red, and prints the address of the page.
5. The break is taken back, no file differs, and the guard is green again.

`uv run just lesson ID` does this for one. Code on the pages of lessons is cut from a fresh project when
the site is built.
"""


def speed(test_file: Path) -> str:
    text = test_file.read_text(encoding="utf-8")
    if re.search(r"^pytestmark = (\[\s*)?pytest\.mark\.slow", text, re.MULTILINE):
        return "slow"
    return "some slow" if "@pytest.mark.slow" in text else "fast"


def parts_of_the_ci() -> list[tuple[str, str]]:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    parts = re.findall(r'^part "(.+?)" (?:bash -c |with_docker )?(.+)$', script, flags=re.MULTILINE)
    # What begins with a name of the script itself is no command to type.
    return [(name, command.strip("'")) for name, command in parts if " " in command]


# --- Reading Python, writing Markdown ---


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def constants(module: ast.Module, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The names that a module binds, at its top level, to what follows from literals and from known names."""
    found: dict[str, Any] = {}
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(targets[0], ast.Name) and value is not None:
            with suppress(NameError):
                found[targets[0].id] = evaluate(value, {**(known or {}), **found})
    return found


def evaluate(node: ast.expr | None, names: Mapping[str, Any]) -> Any:
    """The value of an expression of our own template; NameError where it needs more than these names."""
    expression = ast.Expression(node)  # type: ignore[arg-type]
    return eval(compile(expression, "a template", "eval"), {"__builtins__": {}, **names})  # noqa: S307


def code_list(items: Any) -> str:
    return ", ".join(f"`{item}`" for item in items)


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def quoted(text: str) -> str:
    """Text for Markdown, whose emphasis and HTML it must not be taken for."""
    return re.sub(r"([*_<>])", r"\\\1", text)


if __name__ == "__main__":
    main()
