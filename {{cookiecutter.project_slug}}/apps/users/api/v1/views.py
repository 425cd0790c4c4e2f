from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import ScopedRateThrottle

from apps.users import services
from apps.users.api.v1.serializers import ProfileSerializer
from apps.users.models import User


@extend_schema(tags=["users"])
class ProfileView(generics.RetrieveUpdateAPIView[User]):
    """The account of whoever asks."""

    serializer_class = ProfileSerializer

    def get_object(self) -> User:
        return cast(User, self.request.user)

    def perform_update(self, serializer: BaseSerializer[User]) -> None:
        services.update_profile(user=self.get_object(), **serializer.validated_data)


@extend_schema(tags=["auth"])
class TokenView(ObtainAuthToken):
    """Exchange e-mail address (as ``username``) and password for a token.

    Send it as ``Authorization: Token <token>``.
    """

    # The library's view switches throttling off; passwords could be guessed here without end.
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "login"
