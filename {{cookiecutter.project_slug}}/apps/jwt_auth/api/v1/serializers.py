from rest_framework import serializers

from apps.jwt_auth.services import TokenPair


class RefreshSerializer(serializers.Serializer[TokenPair]):
    refresh = serializers.CharField(max_length=2000, help_text="The newest refresh token; it works once.")


class TokenPairSerializer(serializers.Serializer[TokenPair]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`; it lives for minutes.")
    refresh = serializers.CharField(help_text="Exchange it, once, for the next pair.")
