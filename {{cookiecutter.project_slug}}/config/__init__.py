"""The wiring of the project: it imports anyone and is imported by none of the apps.

Every entry point (``manage.py``, ``wsgi.py``, ``asgi.py``, ``celery -A config``, the tests) imports
this package first. So this is the one place where the environment is completed before Django
reads its settings, and where the Celery app is made known to ``@shared_task``.
"""

from config.dotenv import complete_environment

complete_environment()

# Not at the top: the app reads the settings module's name, which the line above decides.
from config.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
