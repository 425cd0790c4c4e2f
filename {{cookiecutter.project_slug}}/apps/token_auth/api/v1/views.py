from typing import Any, cast

from django.contrib.auth import logout
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from knox.models import AuthToken
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.token_auth import services
from apps.token_auth.api.v1.serializers import IssuedTokenSerializer, SignInSerializer
from apps.token_auth.selectors import live_tokens
from apps.users.api.v1.serializers import CredentialsSerializer
from apps.users.api.v1.views import OpenFormView
from apps.users.models import User
from apps.users.services import sign_in


@extend_schema(tags=["auth"])
class SignInView(OpenFormView):
    """Sign in with e-mail address and password, for a token.

    Send it as `Authorization: Token <token>`. Each sign-in has its own; signing in once too often ends
    the one that was idle for longest.
    """

    serializer_class = CredentialsSerializer
    throttle_scope = "sign_in"
    documented_errors = {"POST": [401, 403]}

    @extend_schema(responses=IssuedTokenSerializer)
    def post(self, request: Request) -> Response:
        user = sign_in(**self.read(request), request=request)
        token, secret = services.issue_token(user=user)
        answer = IssuedTokenSerializer({"token": secret, "expires_at": token.expiry})
        # RFC 6749, section 5.1: nobody on the way keeps a copy.
        return Response(answer.data, headers={"Cache-Control": "no-store"})


class OwnSignIns(generics.GenericAPIView[Any]):
    """The sign-ins of whoever asks."""

    # For the OpenAPI document, which asks nobody.
    queryset = AuthToken.objects.none()

    serializer_class = SignInSerializer
    lookup_field = "id"

    def get_queryset(self) -> "QuerySet[Any]":
        return live_tokens(user=cast(User, self.request.user), now=timezone.now())


@extend_schema(tags=["auth"])
class SignInListView(OwnSignIns, generics.ListAPIView[Any]):
    """Your sign-ins, last used first."""


@extend_schema(tags=["auth"])
@extend_schema(parameters=[OpenApiParameter("id", str, OpenApiParameter.PATH, description="From the list.")])
class SignInDetailView(OwnSignIns):
    """End one sign-in, for example that of a lost phone."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, id: str) -> Response:  # noqa: A002 - its name in the address
        token = generics.get_object_or_404(self.get_queryset(), public_id=id)
        services.revoke_token(token=token)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["auth"])
class SignOutView(APIView):
    """Sign out here: the token that the request came with is refused from now on."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        if isinstance(request.auth, AuthToken):
            services.revoke_token(token=request.auth)
        else:
            logout(request)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["auth"])
class SignOutEverywhereView(APIView):
    """Sign out everywhere: all your tokens are refused from now on, this one too."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        services.revoke_all_tokens(user=cast(User, request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)
