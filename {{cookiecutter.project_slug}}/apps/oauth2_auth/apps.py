from django.apps import AppConfig


class OAuth2AuthConfig(AppConfig):
    name = "apps.oauth2_auth"

    def ready(self) -> None:
        # Importing connects the receiver, and makes the OpenAPI document know the scheme.
        from apps.oauth2_auth import receivers, schema  # noqa: F401, PLC0415
