"""Say in words what is wrong with the environment."""

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings


class InvalidEnvironment(ImproperlyConfigured):
    """At least one environment variable is missing or malformed; the message is for people."""


PROBLEMS = {
    "missing": "is missing.",
    "bool_parsing": "is neither true nor false.",
    "int_parsing": "is not a whole number.",
}


def describe(error: ValidationError, schema: type[BaseSettings]) -> str:
    """List every problem of ``error``: the variable, what is wrong, its meaning and how to mend it."""
    problems = error.errors(include_url=False)
    settings_module = os.environ.get("DJANGO_SETTINGS_MODULE")
    lines = [f"The environment is not complete for {settings_module}:", ""]
    for problem in problems:
        name = str(problem["loc"][0])
        lines += _describe_one(name, problem, schema.model_fields[name])
    lines += [
        "",
        "On your own machine: copy .env.example to .env and use `just up`, or `just manage COMMAND`,",
        "which start the database and Redis. On a server: set the variables where its environment is kept.",
        "Every variable is described in config/env.py.",
    ]
    return "\n".join(lines)


def _describe_one(name: str, problem: ErrorDetails, field: FieldInfo) -> list[str]:
    lines = [f"  {name} {_problem_in_words(problem, field)}", f"      {field.description}"]
    if field.examples:
        lines.append(f"      For example: {name}={field.examples[0]}")
    return lines


def _problem_in_words(problem: ErrorDetails, field: FieldInfo) -> str:
    if problem["type"] == "value_error":
        # The validators of the schema raise sentences of their own, without secrets in them.
        return str(problem["ctx"]["error"])
    words = PROBLEMS.get(problem["type"], f"is refused: {problem['msg']}.")
    if problem["type"] == "missing" or _is_secret(field):
        return words
    return f"{words} It is {problem['input']!r}."


def _is_secret(field: FieldInfo) -> bool:
    extra: Any = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("secret"))
