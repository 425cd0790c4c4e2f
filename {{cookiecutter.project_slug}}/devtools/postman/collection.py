"""The collection and its environment, as Postman reads them (format 2.1)."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from devtools.postman.schemas import json_schema, sample_body, unquoted
from devtools.postman.steps import (
    FIRST,
    IMPOSTOR,
    NOBODY,
    PARAMETER,
    SECOND,
    Operation,
    Said,
    Step,
    made_by,
    plan,
    read_operations,
    variable_of,
)

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
PROBLEM = "application/problem+json"
LOWEST_ERROR = 400
NO_CONTENT = 204
DAY_IN_MS = 24 * 60 * 60 * 1000
# Bookable dates: a run finds its own, whenever it is.
DATES = [
    f"pm.collectionVariables.set('in_{days}_days', "
    f"new Date(Date.now() + {days} * {DAY_IN_MS}).toISOString().slice(0, 10));"
    for days in (30, 33)
]
TOKENS = {FIRST: "{{token}}", SECOND: "{{second_token}}", IMPOSTOR: "not-a-token"}
IDENTITY = uuid.UUID("8f6ad2a0-6c1f-4d3b-9d2e-0c8b6f0f2a11")


def make_collection(documents: Mapping[str, Mapping[str, Any]], said: Said) -> dict[str, Any]:
    """Write every step of the plan as a request."""
    operations = read_operations(documents)
    info = next(iter(documents.values()))["info"]
    folders = plan(operations, said)
    return {
        "info": {
            "_postman_id": str(uuid.uuid5(IDENTITY, "collection")),
            "name": info["title"],
            "description": "Written by `just docs` from docs/openapi/. Run it from first to last.",
            "schema": FORMAT,
        },
        "event": [event("prerequest", DATES)],
        "item": [
            {"name": folder, "item": [request(step, operations.get(step.operation), said) for step in steps]}
            for folder, steps in folders.items()
            if steps
        ],
    }


def make_environment(name: str, said: Said) -> dict[str, Any]:
    """The variables of a developer's machine, without the values that are secret."""
    personal = [*said.personal, *(f"second_{key}" for key in said.personal)]
    values = [{"key": "base_url", "value": "http://127.0.0.1:8000", "type": "default", "enabled": True}]
    values += [{"key": key, "value": "", "type": "secret", "enabled": True} for key in personal]
    return {
        "id": str(uuid.uuid5(IDENTITY, "local")),
        "name": f"{name}: local",
        "values": values,
        "_postman_variable_scope": "environment",
    }


def request(step: Step, operation: Operation | None, said: Said) -> dict[str, Any]:
    body, headers = body_of(step, operation), headers_of(step, operation, said)
    path = PARAMETER.sub(lambda found: filled(step, found[1]), step.path)
    path, _, query = path.partition("?")
    item: dict[str, Any] = {
        "name": step.name or step.call,
        "event": [
            *([event("prerequest", step.before)] if step.before else []),
            event("test", [*checks(step, operation), *savings(step, operation), *step.then]),
        ],
        "request": {
            "method": step.method,
            "header": [{"key": key, "value": value} for key, value in headers.items()],
            "url": url(path, query),
            **({"body": body} if body else {}),
        },
    }
    if expected_status(step, operation) // 100 == 3:
        item["protocolProfileBehavior"] = {"followRedirects": False}
    return item


def url(path: str, query: str) -> dict[str, Any]:
    raw = "{{base_url}}" + path + (f"?{query}" if query else "")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return {
        "raw": raw,
        "host": ["{{base_url}}"],
        "path": path.strip("/").split("/") + ([""] if path.endswith("/") else []),
        **({"query": [{"key": key, "value": value} for key, _, value in pairs]} if pairs else {}),
    }


def filled(step: Step, parameter: str) -> str:
    return step.ids.get(parameter) or f"{{{{{variable_of(step.path, parameter)}}}}}"


def event(listen: str, lines: Any) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": list(lines)}}


def headers_of(step: Step, operation: Operation | None, said: Said) -> dict[str, str]:
    headers = {"Accept": "application/json"} if operation else {}
    asker = step.by or (operation.default_asker if operation else NOBODY)
    if asker in TOKENS:
        headers["Authorization"] = f"{said.scheme} {TOKENS[asker]}"
    for parameter in operation.description.get("parameters", []) if operation else []:
        if parameter["in"] == "header" and parameter["name"] == "Idempotency-Key":
            headers["Idempotency-Key"] = "{{$guid}}"
    return {**headers, **step.headers}


def body_of(step: Step, operation: Operation | None) -> dict[str, Any]:
    if step.form:
        pairs = [{"key": key, "value": value} for key, value in step.form.items()]
        return {"mode": "urlencoded", "urlencoded": pairs}
    content = operation.description.get("requestBody", {}).get("content", {}) if operation else {}
    if not content or not operation:
        return {}
    if "application/json" not in content:
        return {"mode": "formdata", "formdata": form_data(step)}
    schema = content["application/json"]["schema"]
    fields = {} if step.only else sample_body(schema, operation.document, links=links(operation))
    text = unquoted(json.dumps({**fields, **step.body}, indent=2, ensure_ascii=False))
    return {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}


def form_data(step: Step) -> list[dict[str, str]]:
    """Fields of a form with files; a file is given as ``@name`` and lies beside the collection."""
    return [
        {"key": key, "type": "file", "src": value[1:]}
        if value.startswith("@")
        else {"key": key, "type": "text", "value": value}
        for key, value in step.body.items()
    ]


def links(operation: Operation) -> dict[str, str]:
    """The names of fields that hold the id of something else: ``order`` for ``/api/v1/orders/``."""
    paths = [path for path, item in operation.document["paths"].items() if "post" in item]
    found: dict[str, str] = {}
    for path in paths:
        plural = path.strip("/").rpartition("/")[2].replace("-", "_")
        singular = re.sub(r"s$", "", re.sub(r"ies$", "y", plural))
        found[singular] = made_by(Step(f"POST {path}"))
    return found


def expected_status(step: Step, operation: Operation | None) -> int:
    answers = operation.description["responses"] if operation else {}
    successes = sorted(int(status) for status in answers if status.startswith("2"))
    return step.status or (successes[0] if successes else 200)


def checks(step: Step, operation: Operation | None) -> Iterator[str]:
    """What has to be true of the answer: its status, its media type, its shape."""
    status = expected_status(step, operation)
    yield f"pm.test('answers {status}', () => pm.response.to.have.status({status}));"
    if status == NO_CONTENT:
        yield "pm.test('has no body', () => pm.expect(pm.response.text()).to.equal(''));"
    elif status >= LOWEST_ERROR:
        yield from checks_of_problem(step, status)
    elif operation:
        yield from checks_of_answer(operation, status)


def checks_of_problem(step: Step, status: int) -> Iterator[str]:
    yield check_of_media_type(PROBLEM)
    yield (
        "pm.test('is a problem (RFC 9457)', () => { const problem = pm.response.json(); "
        "pm.expect(problem).to.include.all.keys('type', 'title', 'status', 'detail', 'code'); "
        f"pm.expect(problem.status).to.equal({status}); }});"
    )
    if step.code:
        condition = f"pm.expect(pm.response.json().code).to.equal('{step.code}')"
        yield f"pm.test('is called {step.code}', () => {condition});"
    if step.code == "validation_error":
        yield (
            "pm.test('names the fields', () => pm.response.json().errors.forEach("
            "(error) => pm.expect(error).to.include.keys('code', 'detail')));"
        )


def checks_of_answer(operation: Operation, status: int) -> Iterator[str]:
    content = operation.description["responses"][str(status)].get("content", {})
    for media_type, described in list(content.items())[:1]:
        yield check_of_media_type(media_type)
        schema = json.dumps(json_schema(described["schema"], operation.document))
        yield f"pm.test('has the documented shape', () => pm.response.to.have.jsonSchema({schema}));"


def check_of_media_type(media_type: str) -> str:
    condition = f"pm.expect(pm.response.headers.get('Content-Type')).to.include('{media_type}')"
    return f"pm.test('is {media_type}', () => {condition});"


def savings(step: Step, operation: Operation | None) -> Iterator[str]:
    """Keep what later requests need: what the step names, and the id of what it made."""
    saves = dict(step.saves)
    is_creation = step.method == "POST" and expected_status(step, operation) == 201
    if is_creation and operation and not step.path.rstrip("/").endswith("}"):
        saves.setdefault(made_by(step), "id")
    for variable, name in saves.items():
        yield f"pm.collectionVariables.set('{variable}', pm.response.json().{name});"
