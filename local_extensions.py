"""Jinja filters that write an answer into a file so that it reads back unchanged."""

import logging
import re
from collections.abc import Callable

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension

NAMED_ESCAPES = {"\\": r"\\", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}


def _escape(text: str, *, quote: str) -> str:
    """Escape for TOML, YAML and Python alike: their escapes agree on these."""
    return "".join(_escape_character(character, quote) for character in text)


def _escape_character(character: str, quote: str) -> str:
    if character == quote:
        return "\\" + quote
    if character in NAMED_ESCAPES:
        return NAMED_ESCAPES[character]
    # YAML folds U+0085 and U+2028 like line breaks, TOML forbids U+007F, and what cannot
    # be seen should not be in a file unseen.
    if not character.isprintable():
        code = ord(character)
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return character


def toml_string(text: str) -> str:
    """A TOML basic string."""
    return '"' + _escape(text, quote='"') + '"'


def yaml_string(text: str) -> str:
    """A YAML double-quoted scalar."""
    return '"' + _escape(text, quote='"') + '"'


def python_string(text: str) -> str:
    """A Python string literal with the quotes that ``ruff format`` would choose."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + _escape(text, quote=quote) + quote


def env_string(text: str) -> str:
    """A value for a ``.env`` file, as python-dotenv reads it.

    Single quotes, where they fit, keep ``$`` and backticks literal for shells and Compose
    too. Nothing keeps ``${NAME}`` literal for python-dotenv, except a default value.
    """
    expandable = any(character in text for character in '$`"')
    if expandable and "'" not in text and "\\" not in text and "${" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return '"' + escaped.replace("${", "${:-$}{") + '"'


def markdown_text(text: str) -> str:
    """Inline Markdown that shows the text as it was written, also as a heading."""
    escaped = re.sub(r"([\\`*\[\]<|~])", r"\\\1", text)
    escaped = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", escaped)
    escaped = re.sub(r"&(?=#?\w+;)", r"\\&", escaped)
    # What would otherwise open a block: a heading, list, quotation, rule or underline.
    escaped = re.sub(r"^([#>+=-])", r"\\\1", escaped)
    escaped = re.sub(r"^(\d+)([.)])", r"\1\\\2", escaped)
    # Hashes at the end of a heading are taken for its closing sequence.
    return re.sub(r"(?<= )#(?=#*$)", r"\\#", escaped)


def dns_label(slug: str) -> str:
    """The slug as platforms want the names of services: hyphens, and room for a suffix within 63 letters."""
    return slug.replace("_", "-")[:40].rstrip("-")


def folder_name(slug: object) -> str:
    """Refuse a slug that is a path.

    Cookiecutter makes the project's folder before it runs the hook that checks every answer, and
    when the hook refuses, it removes the innermost folder only.
    """
    if isinstance(slug, str) and re.fullmatch(r"(?!\.+$)[^/\\\0]{1,255}", slug):
        return slug
    message = f"project_slug: {slug!r} is not one folder's name. 'my_project' would do."
    raise FailedHookException(message)


def hide_traceback(record: logging.LogRecord) -> bool:
    """Leave the hook's own words standing, which Cookiecutter follows up with a traceback."""
    record.exc_info = None
    return True


class AnswerFilters(Extension):
    """Offers this module's functions to every template file."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        logging.getLogger("cookiecutter.hooks").addFilter(hide_traceback)
        filters: tuple[Callable[[str], str], ...] = (
            toml_string,
            yaml_string,
            python_string,
            env_string,
            markdown_text,
            dns_label,
            folder_name,
        )
        environment.filters.update({function.__name__: function for function in filters})
