from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "apps.bookings"

    def ready(self) -> None:
        # Importing it connects the receivers.
        from apps.bookings import signals  # noqa: F401, PLC0415 - models must be loaded first
