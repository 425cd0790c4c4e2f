"""The ASGI entry point, for a server that speaks it."""

# Importing config has already read the environment and chosen the settings.
from django.core.asgi import get_asgi_application

application = get_asgi_application()
