from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "apps.users"

    def ready(self) -> None:
        # Importing the module registers its system checks.
        from apps.users import checks  # noqa: F401, PLC0415 - settings must be loaded first
