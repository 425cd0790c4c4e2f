"""``python -m devtools.newapp NAME [--model Model]``: make an app that passes ``just check`` at once."""

import argparse
import builtins
import keyword
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.commands import startapp
from django.db import connections
from django.utils.text import camel_case_to_spaces, slugify

from devtools.postman.files import write as write_postman_files

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATE = PROJECT / "devtools" / "app_template"
SETTINGS = PROJECT / "config" / "settings" / "components" / "apps.py"
OPENAPI = PROJECT / "docs" / "openapi"
ERD = PROJECT / "docs" / "erd.md"
POSTMAN = PROJECT / "docs" / "postman"

# PostgreSQL cuts the names of tables and constraints at 63 characters, and MySQL refuses more than 64.
LONGEST = 30
# From a plural to its singular, by the first that fits. Where they are wrong there is --model.
SINGULARS = (
    (r"(news|series|species|ss|us|is)$", r"\1"),
    (r"(mov|cook)ies$", r"\1ie"),
    (r"ies$", "y"),
    (r"(ss|sh|ch|x|status)es$", r"\1"),
    (r"s$", ""),
)
REPORT = """\
Made apps/{name}: the model {model} and its migration, services, selectors, admin, API and tests.
Added it to LOCAL_APPS in config/settings/components/apps.py, its API to docs/openapi/ and
docs/postman/, and its table to docs/erd.md.

    uv run just check             everything passes
    uv run just manage migrate    make the table; `just up` does so too
    uv run just up                the API is at /api/v1/{path}/, described at /api/docs/v1/
"""


def model_of(name: str) -> str:
    """Return the class that an app is probably about: ``OrderLine`` for ``order_lines``."""
    pattern, singular = next((rule for rule in SINGULARS if re.search(rule[0], name)), ("$", ""))
    return "".join(word.capitalize() for word in re.sub(pattern, singular, name).split("_"))


def problems_of_name(name: str) -> Iterator[str]:
    """Say why an app cannot be called ``name``; only the first reason is sure to make sense."""
    if len(name) > LONGEST or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        yield f"is not {LONGEST} or fewer lower-case letters, digits and single underscores"
    if keyword.iskeyword(name):
        yield "is a keyword of Python"
    if (PROJECT / "apps" / name).exists():
        yield f"is taken: there is a folder apps/{name}"
    if find_spec(name):
        yield "is the name of a Python module"
    if name in apps.app_configs:
        yield f"is taken by {apps.app_configs[name].name}"
    if hasattr(get_user_model(), name):
        yield f"is taken: every user has an attribute {name}"


def problems_of_model(model: str) -> Iterator[str]:
    """Say why a model cannot be called ``model``."""
    if len(model) > LONGEST or not re.fullmatch(r"[A-Z][A-Za-z0-9]*", model):
        yield f"is not a class name of {LONGEST} or fewer letters and digits"
    if keyword.iskeyword(model) or hasattr(builtins, model):
        yield "is a name of Python's own"
    if model in {taken.__name__ for taken in apps.get_models()}:
        yield "is taken: another app has a model of that name"


def find_problem(name: str, model: str) -> str | None:
    """Return one line with what is wrong and what would do, unless all is well."""
    if problem := next(problems_of_name(name), None):
        plain = re.sub(r"[-_]+", "_", slugify(name))
        free = (word for word in (plain, f"my_{plain}") if not any(problems_of_name(word)))
        return f"The app name {name!r} {problem}. Try {next(free, 'orders')!r}."
    if problem := next(problems_of_model(model), None):
        return f"The model name {model!r} {problem}. Give another, like --model Order."
    return None


@contextmanager
def all_or_nothing(folder: Path, *files: Path) -> Iterator[None]:
    """Take back the new folder and what happened to the files, when the block fails."""
    before = {file: file.read_bytes() for file in files}
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        for file, content in before.items():
            file.write_bytes(content)
        raise


def make_app(name: str, model: str) -> None:
    """Make ``apps/NAME`` with its migration, registered and part of the OpenAPI document."""
    folder = PROJECT / "apps" / name
    with all_or_nothing(folder, SETTINGS, ERD, *OPENAPI.glob("*.yaml"), *POSTMAN.glob("*")):
        render(name, model, folder)
        register(f"apps.{name}", SETTINGS)
        # This process read the settings before they were changed.
        settings.LOCAL_APPS.append(f"apps.{name}")
        apps.set_installed_apps([*settings.INSTALLED_APPS, f"apps.{name}"])
        BaseCommand().check()
        # A migration is written without a database; makemigrations would look for one, and wait.
        connections["default"].settings_dict["ENGINE"] = "django.db.backends.dummy"
        call_command("makemigrations", name, verbosity=0)
        call_command("openapi", stdout=StringIO())
        call_command("erd", stdout=StringIO())
        write_postman_files(PROJECT)
        tidy(folder)


def render(name: str, model: str, folder: Path) -> None:
    """Let Django's ``startapp`` fill in the template."""
    singular = camel_case_to_spaces(model)
    snake = singular.replace(" ", "_")
    plural = name.replace("_", " ") if model == model_of(name) else f"{singular}s"
    is_taken = snake == "title" or keyword.iskeyword(snake) or hasattr(builtins, snake)
    words = {
        "model": model,
        "snake": snake,
        "variable": f"{snake}_" if is_taken else snake,
        "plural": plural,
        "plural_is_irregular": plural != f"{singular}s",
        "path": name.replace("_", "-"),
    }
    folder.mkdir()
    arguments = {"name": name, "directory": str(folder), "template": str(TEMPLATE)}
    startapp.Command().handle(**arguments, extensions=["py"], files=[], verbosity=0, **words)


def register(app: str, file: Path) -> None:
    """Add the app to the end of LOCAL_APPS, if it is not there."""
    text = file.read_text(encoding="utf-8")
    found = re.search(r"^LOCAL_APPS = \[\n(?:    .*\n)*(?=\])", text, re.MULTILINE)
    if not found:
        raise CommandError(f"{file} has no LOCAL_APPS with one app a line.")
    line = f'    "{app}",\n'
    if line not in found[0]:
        file.write_text(text[: found.end()] + line + text[found.end() :], encoding="utf-8", newline="\n")


def tidy(folder: Path) -> None:
    """Wrap lines and sort imports: both depend on the names."""
    for arguments in (["format", "--config", "format.line-ending='lf'"], ["check", "--fix"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--quiet", str(folder)]
        subprocess.run(command, cwd=PROJECT, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="just newapp", description="Make an app that works at once.")
    parser.add_argument("name", help="in lower case and usually a plural, like order_lines")
    parser.add_argument("--model", help="its first model, if not the singular of NAME, like OrderLine")
    arguments = parser.parse_args()
    name, model = arguments.name, arguments.model or model_of(arguments.name)
    # These settings need neither services nor secrets.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.build"
    django.setup()
    if problem := find_problem(name, model):
        parser.exit(2, f"{problem}\n")
    try:
        make_app(name, model)
    except (CommandError, OSError, subprocess.CalledProcessError) as error:
        parser.exit(1, f"{error}\nNothing was made.\n")
    print(REPORT.format(name=name, model=model, path=name.replace("_", "-")), end="")


if __name__ == "__main__":
    main()
