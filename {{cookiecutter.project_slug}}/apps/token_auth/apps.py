from django.apps import AppConfig


class TokenAuthConfig(AppConfig):
    name = "apps.token_auth"
