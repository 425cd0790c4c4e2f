"""Which differences between two JSON schemas of OpenAPI 3.0 break a client, by the name of the field."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

REQUEST = "request"
RESPONSE = "response"

# What a server may loosen but not tighten, and the sense in which a number is tighter.
UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")


class Side(NamedTuple):
    """A part of a document, and the document that its references point into."""

    schema: Mapping[str, Any]
    document: Mapping[str, Any]


def broken_fields(
    old: Side, new: Side, *, way: str, what: str, at: str, seen: frozenset[tuple[str, str]] = frozenset()
) -> Iterator[str]:
    """Compare what stands at one place of a body, and everything below it.

    Args:
        way: ``REQUEST`` or ``RESPONSE``: who has to cope with what is new.
        what: What the sentence calls the place, such as "request field".
        at: The path to the place, such as ``results[].name``; empty for the whole body.
        seen: The pairs of references above, since schemas may hold themselves.
    """
    references = old.schema.get("$ref", ""), new.schema.get("$ref", "")
    if references in seen:
        return
    if any(references):
        seen |= {references}
    before, after = resolve(old.schema, old.document), resolve(new.schema, new.document)
    place = f"{what} `{at}`" if at else f"the whole {what.removesuffix(' field')}"
    if changed := changed_type(before, after, way):
        yield f"{place} {changed}"
        return
    yield from (f"{place} {sentence}" for sentence in broken_values(before, after, way))
    sides = Side(before, old.document), Side(after, new.document)
    yield from broken_properties(*sides, way=way, what=what, at=at, seen=seen)
    for key, suffix in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(before.get(key), dict) and isinstance(after.get(key), dict):
            below = Side(before[key], old.document), Side(after[key], new.document)
            yield from broken_fields(*below, way=way, what=what, at=f"{at}{suffix}", seen=seen)


def broken_properties(
    old: Side, new: Side, *, way: str, what: str, at: str, seen: frozenset[tuple[str, str]]
) -> Iterator[str]:
    before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
    needed_before, needed_after = set(old.schema.get("required", [])), set(new.schema.get("required", []))
    for name, schema in before.items():
        path = f"{at}.{name}" if at else name
        if name not in after:
            yield f"{what} `{path}` is gone"
            continue
        if way == RESPONSE and name in needed_before - needed_after:
            yield f"{what} `{path}` may be missing now"
        below = Side(schema, old.document), Side(after[name], new.document)
        yield from broken_fields(*below, way=way, what=what, at=path, seen=seen)
    if way == REQUEST:
        for name in after:
            if name in needed_after - needed_before:
                yield f"{what} `{at}.{name}` is required now".replace("`.", "`", 1)


def changed_type(before: Mapping[str, Any], after: Mapping[str, Any], way: str) -> str:
    """What to say when the values are of another kind; nothing when they are not."""
    # In the sense in which values travel, from the one who writes them to the one who has to cope.
    written, read = (before, after) if way == REQUEST else (after, before)
    types = type_of(written), type_of(read)
    if types[0].startswith(types[1]) or types == ("integer", "number"):
        return ""
    return f"was {type_of(before) or 'anything'} and is {type_of(after) or 'anything'}"


def type_of(schema: Mapping[str, Any]) -> str:
    """The type with its format: a string that holds a date is not any string."""
    kind = str(schema.get("type", ""))
    form = schema.get("format", "")
    return f"{kind} ({form})" if form and kind == "string" else kind


def broken_values(before: Mapping[str, Any], after: Mapping[str, Any], way: str) -> Iterator[str]:
    """Narrower values in a request, wider ones in a response, and names that left an enumeration."""
    if way == REQUEST and before.get("nullable") and not after.get("nullable"):
        yield "cannot be null any more"
    if way == RESPONSE and after.get("nullable") and not before.get("nullable"):
        yield "may be null now"
    if "enum" in before:
        # Also in a response: generated clients have a name for each value.
        gone = [value for value in before["enum"] if value not in after.get("enum", before["enum"])]
        yield from (f"has no value `{value}` any more" for value in gone)
    if way == RESPONSE and "enum" in before and "enum" not in after:
        yield "may have any value now"
    if way == REQUEST:
        yield from tightened_limits(before, after)


def tightened_limits(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    if "enum" in after and "enum" not in before:
        yield f"takes only {', '.join(f'`{value}`' for value in after['enum'])} now"
    for limit in (*UPPER_LIMITS, *LOWER_LIMITS):
        if limit in after and is_tighter(limit, before.get(limit), after[limit]):
            yield f"has a {limit} of {after[limit]} now"
    if "pattern" in after and after["pattern"] != before.get("pattern"):
        yield f"has to match `{after['pattern']}` now"


def is_tighter(limit: str, before: float | None, after: float) -> bool:
    if before is None:
        return True
    return after < before if limit in UPPER_LIMITS else after > before


def resolve(schema: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Follow the reference, and merge what is composed, so that one plain schema is left."""
    merged = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "oneOf", "anyOf")}
    parts = [follow(schema, document)] if "$ref" in schema else schema.get("allOf", [])
    for part in parts:
        merged = merge(resolve(part, document), merged)
    alternatives = schema.get("oneOf") or schema.get("anyOf") or []
    resolved = [resolve(alternative, document) for alternative in alternatives]
    return merge(merged, united(resolved)) if resolved else merged


def follow(part: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference points at; anything else is returned as it is."""
    if "$ref" not in part:
        return part
    found: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name.replace("~1", "/").replace("~0", "~")]
    return follow(found, document)


def merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both at once, as ``allOf`` means it; where they contradict each other, the second one."""
    properties = {**one.get("properties", {}), **other.get("properties", {})}
    required = sorted({*one.get("required", []), *other.get("required", [])})
    return {**one, **other, "properties": properties, "required": required}


def united(alternatives: list[dict[str, Any]]) -> dict[str, Any]:
    """One of several, as ``oneOf`` means it: any of their values, and what all of them ask for."""
    union: dict[str, Any] = {"nullable": any(alternative.get("nullable") for alternative in alternatives)}
    if len({type_of(alternative) for alternative in alternatives} - {""}) == 1:
        union |= next({"type": each["type"]} for each in alternatives if "type" in each)
    if all("enum" in alternative for alternative in alternatives):
        union["enum"] = [value for alternative in alternatives for value in alternative["enum"]]
    union["properties"] = {
        name: schema for each in alternatives for name, schema in each.get("properties", {}).items()
    }
    required = [set(alternative.get("required", [])) for alternative in alternatives]
    return {**union, "required": sorted(set.intersection(*required))}
