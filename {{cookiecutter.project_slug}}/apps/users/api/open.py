"""Views that strangers call: to sign up, to sign in, to come back in."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from apps.core.errors import DomainError


class OpenView(APIView):
    """A view for people who cannot say yet who they are.

    It reads neither cookie nor token. So an expired token, which clients go on sending, does not keep
    anybody from getting a new one, and a forged request has no session to ride on.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """Name the scheme of the API: a 401 without it is no valid answer (RFC 9110, 15.5.2)."""
        authenticators: Sequence[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES
        return str(authenticators[0]().authenticate_header(request))

    def handle_exception(self, exc: Exception) -> Response:
        # As an exception of REST framework, which puts the scheme's name into the answer.
        if isinstance(exc, DomainError) and exc.status == HTTPStatus.UNAUTHORIZED:
            exc = AuthenticationFailed(exc.detail, code=exc.code)
        return super().handle_exception(exc)
