from django.apps import AppConfig


class JwtAuthConfig(AppConfig):
    name = "apps.jwt_auth"
