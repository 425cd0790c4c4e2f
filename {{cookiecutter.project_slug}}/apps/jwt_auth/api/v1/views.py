from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.jwt_auth import services
from apps.jwt_auth.api.v1.serializers import RefreshSerializer, TokenPairSerializer
from apps.jwt_auth.models import TokenFamily
from apps.users.api.v1.serializers import CredentialsSerializer
from apps.users.api.v1.views import OpenFormView
from apps.users.services import sign_in


@extend_schema(tags=["auth"])
class SignInView(OpenFormView):
    """Exchange e-mail address and password for an access and a refresh token."""

    serializer_class = CredentialsSerializer
    throttle_scope = "sign_in"
    documented_errors = {"POST": [401, 403]}

    @extend_schema(responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        user = sign_in(**self.read(request), request=request)
        return Response(TokenPairSerializer(services.start_family(user=user)).data)


@extend_schema(tags=["auth"])
class RefreshView(OpenFormView):
    """Exchange the refresh token, which works once, for the next pair.

    A token that comes a second time is in two hands: its whole sign-in is revoked, and the answer's
    code is `token_reused`. So one client must not refresh from two places at once.
    """

    serializer_class = RefreshSerializer
    throttle_scope = "refresh"
    documented_errors = {"POST": [401]}

    @extend_schema(responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        return Response(TokenPairSerializer(services.rotate(**self.read(request))).data)


@extend_schema(tags=["auth"])
class SignOutView(APIView):
    """Sign out this device: its access and refresh tokens are refused from now on."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        if isinstance(request.auth, TokenFamily):
            services.revoke(family=request.auth)
        else:
            logout(request)
        return Response(status=status.HTTP_204_NO_CONTENT)
