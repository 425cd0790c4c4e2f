from django.apps import AppConfig


class OAuth2AuthConfig(AppConfig):
    name = "apps.oauth2_auth"
