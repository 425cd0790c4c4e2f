from django.apps import AppConfig


class JwtAuthConfig(AppConfig):
    name = "apps.jwt_auth"
    verbose_name = "Sign-ins by token"

    def ready(self) -> None:
        # Importing these modules registers what they hold: checks, signal receivers, the OpenAPI scheme.
        from apps.jwt_auth import checks, receivers, schema  # noqa: F401, PLC0415 - models come first
