from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "apps.core"

    def ready(self) -> None:
        # Importing these modules registers their system checks and signal receivers.
        from apps.core import checks, logging  # noqa: F401, PLC0415 - settings must be loaded first
