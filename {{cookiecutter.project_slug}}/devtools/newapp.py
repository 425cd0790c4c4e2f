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
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.core.management.commands import startapp
from django.db import connections
from django.utils.text import camel_case_to_spaces

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATE = PROJECT / "devtools" / "app_template"
SETTINGS = PROJECT / "config" / "settings" / "components" / "apps.py"
OPENAPI = PROJECT / "docs" / "openapi.yaml"

# From a plural to its singular; the first that fits. Where it is wrong there is --model.
SINGULARS = (
    (r"(news|series|species|ss|us|is)$", r"\1"),
    (r"(mov|cook)ies$", r"\1ie"),
    (r"ies$", "y"),
    (r"(ss|sh|ch|x|status)es$", r"\1"),
    (r"s$", ""),
)
# PostgreSQL cuts the names of tables and constraints at 63 characters.
LONGEST = 30


class Refusal(Exception):
    """What is wrong with the arguments, and what would do."""


def model_of(name: str) -> str:
    """Return the class that an app is probably about: ``OrderLine`` for ``order_lines``."""
    rule = next((rule for rule in SINGULARS if re.search(rule[0], name)), ("", ""))
    return "".join(word.capitalize() for word in re.sub(*rule, name, count=1).split("_"))


def find_problem(name: str) -> str | None:
    """Say why an app cannot be called ``name``, if so."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name, re.ASCII) or len(name) > LONGEST:
        return f"is not a name of at most {LONGEST} lower-case letters, digits and single underscores"
    if keyword.iskeyword(name):
        return "is a word of Python's own"
    if (PROJECT / "apps" / name).exists():
        return f"is taken: there is a folder apps/{name} already"
    if find_spec(name):
        return "is the name of an installed Python module"
    if name in apps.app_configs:
        return f"is the label of an installed app, {apps.app_configs[name].name}"
    if hasattr(get_user_model(), name):
        return f"is taken by users, who have user.{name} already"
    return None


def find_model_problem(model: str) -> str | None:
    """Say why a model cannot be called ``model``, if so."""
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", model, re.ASCII) or len(model) > LONGEST:
        return f"is not a class name of at most {LONGEST} letters and digits"
    if hasattr(builtins, model) or keyword.iskeyword(model):
        return "is a word of Python's own"
    if model == "Title":
        return "would be mixed up with its own field, title"
    taken = {existing.__name__: existing.__module__ for existing in apps.get_models()}
    return f"is taken by the model in {taken[model]}" if model in taken else None


def refuse_what_cannot_be(name: str, model: str) -> None:
    """Raise a Refusal, if there is a reason for one."""
    if problem := find_problem(name):
        plain = re.sub(r"[^a-z0-9]+", "_", camel_case_to_spaces(name)).strip("_")
        free = next((word for word in (plain, f"my_{plain}") if not find_problem(word)), "orders")
        raise Refusal(f"The app name {name!r} {problem}; {free!r} would do.")
    if problem := find_model_problem(model):
        raise Refusal(f"The model name {model!r} {problem}; name another, as with --model Order.")


@contextmanager
def all_or_nothing(folder: Path, *files: Path) -> Iterator[None]:
    """Take the new folder and the changes of the files back when the block fails."""
    before = {file: file.read_bytes() for file in files if file.exists()}
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        for file, content in before.items():
            file.write_bytes(content)
        raise


def make_app(name: str, model: str) -> None:
    """Make ``apps/NAME``, with its migration, registered and in the OpenAPI document."""
    folder = PROJECT / "apps" / name
    with all_or_nothing(folder, SETTINGS, OPENAPI):
        render(name, model, folder)
        register(f"apps.{name}", SETTINGS)
        # This process has read the settings before.
        settings.LOCAL_APPS.append(f"apps.{name}")
        apps.set_installed_apps([*settings.INSTALLED_APPS, f"apps.{name}"])
        # A migration is written without a database; makemigrations would look for one, and wait.
        connections["default"].settings_dict["ENGINE"] = "django.db.backends.dummy"
        call_command("makemigrations", name, verbosity=0, skip_checks=False)
        call_command("spectacular", file=str(OPENAPI), api_version="v1", validate=True, fail_on_warn=True)
        tidy(folder)


def render(name: str, model: str, folder: Path) -> None:
    """Let Django's ``startapp`` fill in the template."""
    singular = camel_case_to_spaces(model)
    snake = singular.replace(" ", "_")
    named_after_model = model == model_of(name)
    plural = name.replace("_", " ") if named_after_model else f"{singular}s"
    folder.mkdir()
    startapp.Command().handle(
        name=name,
        directory=str(folder),
        template=str(TEMPLATE),
        extensions=["py"],
        files=[],
        verbosity=0,
        model=model,
        snake=snake,
        # As PEP 8 advises for names that Python uses itself.
        variable=f"{snake}_" if keyword.iskeyword(snake) or hasattr(builtins, snake) else snake,
        plural=plural,
        irregular=plural != f"{singular}s",
        path=name.replace("_", "-"),
    )


def register(app: str, file: Path) -> None:
    """Add the app to the end of LOCAL_APPS, if it is not there."""
    text = file.read_text(encoding="utf-8")
    found = re.search(r"^LOCAL_APPS = \[\n(?:    .*\n)*(?=\])", text, re.MULTILINE)
    if not found:
        raise CommandError(f"{file} has no LOCAL_APPS = [ with one app a line.")
    if f'    "{app}",\n' not in found[0]:
        text = f'{text[: found.end()]}    "{app}",\n{text[found.end() :]}'
        file.write_text(text, encoding="utf-8", newline="\n")


def tidy(folder: Path) -> None:
    """Sort imports and wrap lines, which depend on the names."""
    for arguments in (["check", "--fix"], ["format", "--config", "format.line-ending='lf'"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--quiet", str(folder)]
        finished = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        if finished.returncode:
            raise CommandError(f"ruff does not accept the app:\n{finished.stdout}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="just newapp", description="Make a new app.", allow_abbrev=False)
    parser.add_argument("name", help="in lower case, and usually a plural: orders")
    parser.add_argument("--model", help="its first model; derived from the name: Order")
    arguments = parser.parse_args()
    name, model = arguments.name, arguments.model or model_of(arguments.name)
    # Needs neither a database nor secrets.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.build"
    django.setup()
    try:
        refuse_what_cannot_be(name, model)
        make_app(name, model)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except (CommandError, OSError) as error:
        print(f"{error}\nNothing was made.", file=sys.stderr)
        return 1
    path = name.replace("_", "-")
    print(f"""Made apps/{name}: the model {model} with its migration, services, selectors, admin, API and tests.
Added it to LOCAL_APPS in config/settings/components/apps.py, and its API to docs/openapi.yaml.

    uv run just check             all is well
    uv run just manage migrate    make its table; or just start the project, which does so:
    uv run just up                /api/v1/{path}/ is described at /api/docs/""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
