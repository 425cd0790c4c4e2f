"""Which differences between two OpenAPI documents break the clients that were built on the old one.

A client goes on working when the new document takes at least what the old one took, answers at most
what the old one answered, and asks for no more rights. New operations, optional fields, statuses
and media types are no breaks: clients have to ignore what they do not know.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.core.api.contract_fields import REQUEST, RESPONSE, Side, broken_fields, follow

Document = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


def breaking_changes(old: Document, new: Document) -> list[str]:
    """One sentence for each break, such as "GET /api/v1/users/me/: response field `name` is gone"."""
    breaks = [*broken_schemes(old, new), *broken_operations(old, new)]
    return list(dict.fromkeys(breaks))


def broken_schemes(old: Document, new: Document) -> Iterator[str]:
    """Ways to authenticate that are called the same and work in another way."""
    schemes = [document.get("components", {}).get("securitySchemes", {}) for document in (old, new)]
    for name in schemes[0].keys() & schemes[1].keys():
        before, after = ({**scheme[name], "description": ""} for scheme in schemes)
        if before != after:
            yield f"Security scheme `{name}` works in another way"


def broken_operations(old: Document, new: Document) -> Iterator[str]:
    for path, item in old.get("paths", {}).items():
        for method in METHODS:
            if method not in item:
                continue
            name = f"{method.upper()} {path}"
            after = new.get("paths", {}).get(path, {}).get(method)
            if after is None:
                yield f"{name} is gone"
                continue
            sides = Side(item[method], old), Side(after, new)
            for part in (broken_parameters, broken_body, broken_answers, broken_rights):
                yield from (f"{name}: {sentence}" for sentence in part(*sides))


def broken_parameters(old: Side, new: Side) -> Iterator[str]:
    before, after = parameters(old), parameters(new)
    for place, name in before.keys() - after.keys():
        yield f"{place} parameter `{name}` is gone"
    for (place, name), parameter in after.items():
        known = before.get((place, name))
        if parameter.get("required") and not (known and known.get("required")):
            yield f"{place} parameter `{name}` is required now"
        if known:
            sides = (
                Side(known.get("schema", {}), old.document),
                Side(parameter.get("schema", {}), new.document),
            )
            yield from broken_fields(*sides, way=REQUEST, what=f"{place} parameter", at=name)


def parameters(side: Side) -> dict[tuple[str, str], Mapping[str, Any]]:
    found = (follow(parameter, side.document) for parameter in side.schema.get("parameters", []))
    return {(parameter["in"], parameter["name"]): parameter for parameter in found}


def broken_body(old: Side, new: Side) -> Iterator[str]:
    before, after = (follow(side.schema.get("requestBody", {}), side.document) for side in (old, new))
    if after.get("required") and not before.get("required"):
        yield "a request body is required now"
    if before and not after:
        yield "the request body is gone"
        return
    yield from broken_content(Side(before, old.document), Side(after, new.document), way=REQUEST)


def broken_answers(old: Side, new: Side) -> Iterator[str]:
    answers = new.schema.get("responses", {})
    for status, answer in old.schema.get("responses", {}).items():
        is_success = status.startswith(("2", "3"))
        if status not in answers:
            # That a refusal is not given any more hurts nobody.
            if is_success:
                yield f"status {status} is gone"
            continue
        before, after = follow(answer, old.document), follow(answers[status], new.document)
        for header in before.get("headers", {}).keys() - after.get("headers", {}).keys():
            yield f"response header `{header}` is gone"
        sides = Side(before, old.document), Side(after, new.document)
        yield from broken_content(*sides, way=RESPONSE, what="response" if is_success else "error")


def broken_content(old: Side, new: Side, *, way: str, what: str = "") -> Iterator[str]:
    what = what or way
    media = new.schema.get("content", {})
    for media_type, before in old.schema.get("content", {}).items():
        if media_type not in media:
            yield f"{what} in `{media_type}` is gone"
            continue
        sides = (
            Side(before.get("schema", {}), old.document),
            Side(media[media_type].get("schema", {}), new.document),
        )
        yield from broken_fields(*sides, way=way, what=f"{what} field", at="")


def broken_rights(old: Side, new: Side) -> Iterator[str]:
    """Each way in that was enough has to be enough still."""
    now = rights(new)
    for way_in in rights(old):
        if any(is_enough(way_in, needed) for needed in now):
            continue
        if not way_in:
            yield "is not open to anybody any more"
        else:
            yield f"authentication by {' and '.join(map(described, way_in.items()))} is not enough any more"


def rights(side: Side) -> list[dict[str, list[str]]]:
    """The alternatives; a document or an operation that names none lets everybody in."""
    named: list[dict[str, list[str]]] = side.schema.get("security", side.document.get("security", []))
    return named or [{}]


def is_enough(held: Mapping[str, list[str]], needed: Mapping[str, list[str]]) -> bool:
    return all(name in held and set(scopes) <= set(held[name]) for name, scopes in needed.items())


def described(scheme: tuple[str, list[str]]) -> str:
    name, scopes = scheme
    return f"`{name}` ({', '.join(scopes)})" if scopes else f"`{name}`"
