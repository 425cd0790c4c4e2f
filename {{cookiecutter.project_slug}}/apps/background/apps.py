from importlib import import_module

from django.apps import AppConfig


class BackgroundConfig(AppConfig):
    name = "apps.background"

    def ready(self) -> None:
        # Its receivers connect themselves.
        import_module("apps.background.stamps")
