"""From the schemas of OpenAPI 3.0: what a checker of JSON Schema understands, and values that fit."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.core.api.contract_fields import resolve

Schema = Mapping[str, Any]

# What a schema says beside the rules.
NO_RULES = ("default", "deprecated", "description", "example", "format", "nullable", "title")
# Deep enough for any answer, and an end to schemas that hold themselves.
DEEPEST = 8

FORMATS = {
    "date": "{{in_30_days}}",
    "date-time": "{{$isoTimestamp}}",
    "decimal": "12.50",
    "email": "somebody-{{$timestamp}}@example.com",
    "uri": "https://example.com/",
    "uuid": "{{$guid}}",
}
# The second date of a body is the end of what begins with the first.
LATER = "{{in_33_days}}"
BARE = "<bare>"


def json_schema(schema: Schema, document: Schema, *, deep: int = 0) -> dict[str, Any]:
    """The rules of a schema without references, for a request in Postman knows no other document."""
    if deep == DEEPEST:
        return {}
    plain = resolve(schema, document)
    rules = {key: value for key, value in plain.items() if key not in NO_RULES and value not in ({}, [])}
    if "properties" in rules:
        rules["properties"] = {
            name: json_schema(field, document, deep=deep + 1) for name, field in rules["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(rules.get(key), dict):
            rules[key] = json_schema(rules[key], document, deep=deep + 1)
    if plain.get("nullable"):
        rules |= {"enum": [*rules["enum"], None]} if "enum" in rules else {}
        rules |= {"type": [rules["type"], "null"]} if "type" in rules else {}
    return rules


def sample_body(schema: Schema, document: Schema, *, links: Mapping[str, str]) -> dict[str, Any]:
    """A body with the fields that have to be there.

    Args:
        links: The variables that hold ids, by the names of the fields that ask for one.
    """
    plain = resolve(schema, document)
    return dict(samples(plain, document, links))


def samples(plain: Schema, document: Schema, links: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    dates = iter((FORMATS["date"], LATER))
    for name, schema in plain.get("properties", {}).items():
        field = resolve(schema, document)
        if name not in plain.get("required", []) or field.get("readOnly"):
            continue
        if name in links:
            yield name, bare(links[name])
        elif field.get("format") == "date":
            yield name, next(dates, LATER)
        else:
            yield name, sample(name, field, document)


def bare(variable: str) -> str:
    """A variable that stands for a number: `unquoted` takes its quotes away."""
    return f"{BARE}{{{{{variable}}}}}{BARE}"


def unquoted(json: str) -> str:
    return json.replace(f'"{BARE}', "").replace(f'{BARE}"', "")


def sample(name: str, field: Schema, document: Schema) -> Any:
    """A value that fits what the schema says; for a pattern, an app has to give its own."""
    if "enum" in field:
        return field["enum"][0]
    match field.get("type"):
        case "boolean":
            return True
        case "integer" | "number":
            return max(1, int(field.get("minimum", 1)))
        case "array":
            return []
        case "object":
            return sample_body(field, document, links={})
    words = f"A {name.replace('_', ' ')}"[: field.get("maxLength")]
    return FORMATS.get(field.get("format", ""), words)
