"""One engine in development, tests and production; ``config/database.py`` knows its ways."""

from config import database
from config.env import env

DATABASES = {"default": database.read_database_url(env.DATABASE_URL, pool_size=env.DATABASE_POOL_SIZE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# core.E016 refuses any other.
TESTED_ENGINE = database.TESTED_ENGINE
