"""Which changes of an OpenAPI document break clients, and what they are called."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from apps.core.api.contract import breaking_changes

GIZMO: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "maxLength": 80},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "made_on": {"type": "string", "format": "date", "nullable": True},
        "weight": {"type": "integer", "minimum": 1},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Gizmo"}},
    },
    "required": ["id", "name"],
}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/gizmos/": {
            "get": {
                "parameters": [{"in": "query", "name": "kind", "schema": {"type": "string"}}],
                "security": [{"tokenAuth": ["read"]}, {"cookieAuth": []}, {}],
                "responses": {
                    "200": {
                        "headers": {"ETag": {"schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gizmo"}}},
                    },
                    "400": {
                        "content": {
                            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                        }
                    },
                },
            },
            "post": {
                "security": [{"tokenAuth": ["read"]}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gizmo"}}}
                },
                "responses": {"201": {"description": ""}},
            },
        }
    },
    "components": {
        "schemas": {
            "Gizmo": GIZMO,
            "Kind": {"oneOf": [{"type": "string", "enum": ["big", "small"]}, {"enum": [""]}]},
            "Problem": {"type": "object", "properties": {"code": {"type": "string"}}},
        },
        "securitySchemes": {"tokenAuth": {"type": "http", "scheme": "bearer", "description": "How."}},
    },
}
Change = Callable[[dict[str, Any]], object]


def after(change: Change) -> list[str]:
    """What breaks when the document is changed."""
    new = deepcopy(DOCUMENT)
    change(new)
    return breaking_changes(DOCUMENT, new)


def gizmo(document: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = document["components"]["schemas"]["Gizmo"]["properties"]
    return properties


def get(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"]["/gizmos/"]["get"]
    return operation


def post(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"]["/gizmos/"]["post"]
    return operation


def body(document: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = document["components"]["schemas"]["Gizmo"]
    return schema


def test_same_document_breaks_nothing() -> None:
    assert breaking_changes(DOCUMENT, deepcopy(DOCUMENT)) == []


@pytest.mark.lesson("openapi-contract")
@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (lambda d: d["paths"].clear(), ["GET /gizmos/ is gone", "POST /gizmos/ is gone"]),
        (lambda d: d["paths"]["/gizmos/"].pop("post"), ["POST /gizmos/ is gone"]),
        (
            lambda d: gizmo(d).pop("weight"),
            [
                "GET /gizmos/: response field `weight` is gone",
                "POST /gizmos/: request field `weight` is gone",
            ],
        ),
        (
            lambda d: gizmo(d)["weight"].update(type="string"),
            [
                "GET /gizmos/: response field `weight` was integer and is string",
                "POST /gizmos/: request field `weight` was integer and is string",
            ],
        ),
        (
            lambda d: gizmo(d)["made_on"].pop("format"),
            ["GET /gizmos/: response field `made_on` was string (date) and is string"],
        ),
        (
            lambda d: gizmo(d)["name"].update(format="email"),
            ["POST /gizmos/: request field `name` was string and is string (email)"],
        ),
        (
            lambda d: d["components"]["schemas"]["Kind"]["oneOf"][0]["enum"].remove("small"),
            [
                "GET /gizmos/: response field `kind` has no value `small` any more",
                "POST /gizmos/: request field `kind` has no value `small` any more",
            ],
        ),
        (
            lambda d: d["components"]["schemas"].update(Kind={"type": "string"}),
            ["GET /gizmos/: response field `kind` may have any value now"],
        ),
        (
            lambda d: gizmo(d)["name"].update(enum=["one"]),
            ["POST /gizmos/: request field `name` takes only `one` now"],
        ),
        (
            lambda d: body(d)["required"].append("weight"),
            ["POST /gizmos/: request field `weight` is required now"],
        ),
        (
            lambda d: (gizmo(d).update(size={"type": "integer"}), body(d)["required"].append("size")),
            ["POST /gizmos/: request field `size` is required now"],
        ),
        (
            lambda d: body(d)["required"].remove("name"),
            ["GET /gizmos/: response field `name` may be missing now"],
        ),
        (
            lambda d: gizmo(d)["weight"].update(nullable=True),
            ["GET /gizmos/: response field `weight` may be null now"],
        ),
        (
            lambda d: gizmo(d)["made_on"].pop("nullable"),
            ["POST /gizmos/: request field `made_on` cannot be null any more"],
        ),
        (
            lambda d: gizmo(d)["name"].update(maxLength=40, minLength=2, pattern="^a"),
            [
                "POST /gizmos/: request field `name` has a maxLength of 40 now",
                "POST /gizmos/: request field `name` has a minLength of 2 now",
                "POST /gizmos/: request field `name` has to match `^a` now",
            ],
        ),
        (
            lambda d: gizmo(d)["parts"].update(items={"type": "integer"}),
            [
                "GET /gizmos/: response field `parts[]` was object and is integer",
                "POST /gizmos/: request field `parts[]` was object and is integer",
            ],
        ),
        (
            lambda d: d["components"]["schemas"]["Problem"]["properties"].clear(),
            ["GET /gizmos/: error field `code` is gone"],
        ),
        (lambda d: get(d)["parameters"].clear(), ["GET /gizmos/: query parameter `kind` is gone"]),
        (
            lambda d: get(d)["parameters"][0].update(required=True),
            ["GET /gizmos/: query parameter `kind` is required now"],
        ),
        (
            lambda d: get(d)["parameters"].append({"in": "query", "name": "page", "required": True}),
            ["GET /gizmos/: query parameter `page` is required now"],
        ),
        (
            lambda d: get(d)["parameters"][0]["schema"].update(type="integer"),
            ["GET /gizmos/: query parameter `kind` was string and is integer"],
        ),
        (lambda d: get(d)["responses"].pop("200"), ["GET /gizmos/: status 200 is gone"]),
        (
            lambda d: get(d)["responses"]["200"].pop("headers"),
            ["GET /gizmos/: response header `ETag` is gone"],
        ),
        (
            lambda d: get(d)["responses"]["200"].update(content={"text/html": {}}),
            ["GET /gizmos/: response in `application/json` is gone"],
        ),
        (lambda d: post(d).pop("requestBody"), ["POST /gizmos/: the request body is gone"]),
        (
            lambda d: post(d)["requestBody"].update(required=True),
            ["POST /gizmos/: a request body is required now"],
        ),
        (
            lambda d: post(d)["requestBody"].update(content={}),
            ["POST /gizmos/: request in `application/json` is gone"],
        ),
        (
            lambda d: get(d)["security"].pop(),
            ["GET /gizmos/: is not open to anybody any more"],
        ),
        (
            lambda d: post(d).update(security=[{"tokenAuth": ["read", "write"]}]),
            ["POST /gizmos/: authentication by `tokenAuth` (read) is not enough any more"],
        ),
        (
            lambda d: post(d).update(security=[{"cookieAuth": []}]),
            ["POST /gizmos/: authentication by `tokenAuth` (read) is not enough any more"],
        ),
        (
            lambda d: d["components"]["securitySchemes"]["tokenAuth"].update(scheme="basic"),
            ["Security scheme `tokenAuth` works in another way"],
        ),
    ],
)
def test_change_that_breaks_clients_is_named(change: Change, sentences: list[str]) -> None:
    assert after(change) == sentences


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["paths"].update({"/more/": {"get": {}}}),
        lambda d: gizmo(d).update(colour={"type": "string"}),
        lambda d: d["components"]["schemas"]["Kind"]["oneOf"][0]["enum"].append("huge"),
        lambda d: gizmo(d)["name"].update(description="What it is called."),
        lambda d: gizmo(d)["name"].update(maxLength=100),
        lambda d: gizmo(d)["weight"].pop("minimum"),
        lambda d: get(d)["parameters"].append({"in": "query", "name": "page"}),
        lambda d: get(d)["responses"].pop("400"),
        lambda d: get(d)["responses"].update({"429": {"description": ""}}),
        lambda d: get(d).pop("security"),
        lambda d: post(d).update(security=[{"tokenAuth": []}]),
        lambda d: d["components"]["securitySchemes"]["tokenAuth"].update(description="Otherwise."),
        lambda d: gizmo(d).update(
            kind={"allOf": [{"$ref": "#/components/schemas/Kind"}], "description": "!"}
        ),
        lambda d: d["components"]["schemas"].update(
            Kind={"type": "string", "enum": ["small", "big", ""], "description": "The same, written plainly."}
        ),
    ],
)
def test_harmless_change_is_not_named(change: Change) -> None:
    assert after(change) == []


def test_wider_number_is_harmless_in_a_request_and_breaks_in_a_response() -> None:
    assert after(lambda d: gizmo(d)["weight"].update(type="number", minimum=0)) == [
        "GET /gizmos/: response field `weight` was integer and is number"
    ]


def test_alternatives_of_objects_ask_for_what_all_of_them_ask_for() -> None:
    def change(document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        schemas["Other"] = {"type": "object", "properties": {"name": {"type": "string"}}}
        schemas["Either"] = {"anyOf": [deepcopy(GIZMO), {"$ref": "#/components/schemas/Other"}]}
        answer = get(document)["responses"]["200"]["content"]["application/json"]
        answer["schema"] = {"$ref": "#/components/schemas/Either"}

    assert after(change) == [
        "GET /gizmos/: response field `id` may be missing now",
        "GET /gizmos/: response field `name` may be missing now",
    ]


def test_free_keys_are_compared_by_what_they_hold() -> None:
    def document(kind: str) -> dict[str, Any]:
        schema = {"type": "object", "additionalProperties": {"type": kind}}
        answer = {"200": {"content": {"application/json": {"schema": schema}}}}
        return {"paths": {"/totals/": {"get": {"responses": answer}}}}

    assert breaking_changes(document("integer"), document("string")) == [
        "GET /totals/: response field `.*` was integer and is string"
    ]
