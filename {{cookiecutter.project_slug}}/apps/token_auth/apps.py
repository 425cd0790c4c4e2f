from django.apps import AppConfig


class TokenAuthConfig(AppConfig):
    name = "apps.token_auth"

    def ready(self) -> None:
        # Importing connects the receiver, and makes the OpenAPI document know the scheme.
        from apps.token_auth import receivers, schema  # noqa: F401, PLC0415
