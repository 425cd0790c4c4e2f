from rest_framework import serializers

from apps.users.models import User


class ProfileSerializer(serializers.ModelSerializer[User]):
    """What people see and change of their own account."""

    class Meta:
        model = User
        fields = ("id", "email", "name", "date_joined")
        read_only_fields = ("id", "date_joined")
