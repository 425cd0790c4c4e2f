"""Values that the library hands to the database unseen, and no database can hold."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponseBase, JsonResponse

View = Callable[..., HttpResponseBase]
# RFC 6749, section 5.2.
REFUSAL = {"error": "invalid_request", "error_description": "A value is too long, or is not text."}


def refuse_malformed(view: View) -> View:
    """Answer 400 to a NUL, or to a nonce of a megabyte, instead of 500."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except DataError:
            return JsonResponse(REFUSAL, status=400)

    return answer
