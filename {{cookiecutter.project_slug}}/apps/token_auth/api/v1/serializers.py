from knox.models import AuthToken
from rest_framework import serializers


class IssuedTokenSerializer(serializers.Serializer[AuthToken]):
    """A new token. It is shown this once."""

    token = serializers.CharField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, help_text="Unless it is used: each use renews it.")


class SignInSerializer(serializers.Serializer[AuthToken]):
    """A sign-in, without anything that signs in."""

    id = serializers.CharField(source="public_id", read_only=True)
    created_at = serializers.DateTimeField(source="created", read_only=True)
    expires_at = serializers.DateTimeField(source="expiry", read_only=True)
    is_current = serializers.SerializerMethodField(help_text="Whether this request came with it.")

    def get_is_current(self, token: AuthToken) -> bool:
        return bool(token == self.context["request"].auth)
