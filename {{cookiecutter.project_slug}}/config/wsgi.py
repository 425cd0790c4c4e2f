"""The WSGI entry point: ``gunicorn -c config/gunicorn.py config.wsgi``."""

# Importing config has already read the environment and chosen the settings.
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
