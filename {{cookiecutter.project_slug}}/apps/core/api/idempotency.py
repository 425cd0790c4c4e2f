"""Creating once, however often the client has to ask: the header ``Idempotency-Key``.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/

A client that hears no answer cannot know whether its request was carried out. With a key of its own
making it may simply ask again: what was done is not done twice, and the answer is the first one.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import DomainError
from apps.core.models import IdempotencyKey

# Visible ASCII, as many characters as the column holds.
KEY = re.compile(r"[\x21-\x7e]{1,255}")
# Longer than a request should take. The mark of a process that died goes away after it; should a request
# take longer all the same, the unique constraint lets its repetition wait.
SECONDS_IN_PROGRESS = 60
KEPT_HEADERS = ("Location", "Content-Location", "ETag")
KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
    location=OpenApiParameter.HEADER,
    description="Any text that is new for each new request, such as a UUID. When no answer comes, the same "
    "request may be sent again with the same key: it is carried out once, and answered alike.",
)
REPLAYED_HEADER = OpenApiParameter(
    "Idempotency-Replayed",
    {"type": "string", "enum": ["true"]},
    location=OpenApiParameter.HEADER,
    response=[200, 201, 202],
    description="The answer is that of an earlier request with the same Idempotency-Key.",
)


class InvalidIdempotencyKey(DomainError):
    """The `Idempotency-Key` header is empty, longer than 255 characters, or not visible ASCII."""

    status = HTTPStatus.BAD_REQUEST
    code = "invalid_idempotency_key"
    title = "An Idempotency-Key is 1 to 255 visible ASCII characters."
    mend = "Send a new UUID for each new request."


class IdempotencyKeyReused(DomainError):
    """The `Idempotency-Key` was sent before, with another method, address or body."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency_key_reused"
    title = "This Idempotency-Key belongs to another request."
    mend = "Make a new key for each new request; only a repetition carries the same."


class RequestInProgress(DomainError):
    """A request with the same `Idempotency-Key` has begun, and is not done yet."""

    code = "request_in_progress"
    title = "A request with this Idempotency-Key is still being carried out."
    mend = "Send the same request again in a moment."


class IdempotentCreate:
    """Mixin, to the left of the view's base class, for POSTs that create what costs money or places.

    A request without the header is carried out as ever. With it, per user:

    - the same request again gets the stored answer, with ``Idempotency-Replayed: true``;
    - another request (method, address or body) with the key is refused, 422;
    - while the first is still being carried out, the same is refused, 409.

    Only what succeeded is stored, in the transaction that did it. A refused request has done nothing:
    its key stays free, so the client may mend the request and send it with the same key. Answers are
    kept for a day.

    Everything that the view does in ``create`` becomes one transaction. The answer has to be JSON.
    """

    documented_errors = {"create": [409, 422]}
    documented_parameters = {"create": [KEY_HEADER, REPLAYED_HEADER]}

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return super().create(request, *args, **kwargs)  # type: ignore[misc,no-any-return]
        # A key of somebody unknown could be anybody's.
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if not KEY.fullmatch(key):
            raise InvalidIdempotencyKey
        with only_one_at_once(request.user.pk, key), transaction.atomic():
            fingerprint = fingerprint_of(request)
            kept, is_new = IdempotencyKey.objects.get_or_create(
                user=request.user, key=key, defaults={"fingerprint": fingerprint}
            )
            if kept.fingerprint != fingerprint:
                raise IdempotencyKeyReused
            if not is_new:
                return replay(kept)
            response: Response = super().create(request, *args, **kwargs)  # type: ignore[misc]
            if response.status_code < HTTPStatus.BAD_REQUEST:
                keep(kept, response)
            else:
                transaction.set_rollback(True)
            return response


@contextmanager
def only_one_at_once(user_id: int, key: str) -> Iterator[None]:
    """Refuse the same key while it is in use.

    The unique constraint alone would let requests wait for the first, each with a connection in its
    hands. It is what keeps the promise, though: this only spares the wait.
    """
    digest = hashlib.sha256(key.encode()).hexdigest()
    name, mine = f"idempotency:{user_id}:{digest}", str(uuid4())
    if not cache.add(name, mine, SECONDS_IN_PROGRESS):
        raise RequestInProgress
    try:
        yield
    finally:
        if cache.get(name) == mine:
            cache.delete(name)


def fingerprint_of(request: Request) -> str:
    """Return a digest of what is asked for; the order of JSON members and form boundaries say nothing."""
    asked = [request.method, request.get_full_path(), plain(request.data)]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def plain(data: Any) -> Any:
    """Return parsed data with files as digests, ready for JSON."""
    if isinstance(data, QueryDict):
        return {name: [plain(value) for value in data.getlist(name)] for name in data}
    if isinstance(data, UploadedFile):
        digest = hashlib.sha256()
        for chunk in data.chunks():
            digest.update(chunk)
        data.seek(0)
        return [data.name, digest.hexdigest()]
    return data


def keep(kept: IdempotencyKey, response: Response) -> None:
    kept.status = response.status_code
    kept.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    kept.body = JSONRenderer().render(response.data).decode() or "null"
    kept.save(update_fields=["status", "headers", "body"])


def replay(kept: IdempotencyKey) -> Response:
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    return Response(json.loads(kept.body), status=kept.status, headers=headers)
