from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.serializers import BaseSerializer

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
