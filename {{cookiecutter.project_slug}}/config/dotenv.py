"""Complete ``os.environ`` before Django reads it.

Precedence, first wins: the real environment, ``.env``, ``.local/services.env`` (the addresses of
the services that ``just up`` started on this machine).
"""

import os
from pathlib import Path

from dotenv import load_dotenv

PROJECT_DIR = Path(__file__).resolve().parent.parent
SAFE_SETTINGS = "config.settings.production"
DEVELOPMENT_SETTINGS = "config.settings.local"


def complete_environment(project_dir: Path = PROJECT_DIR) -> None:
    """Read the files of a development machine, then choose the settings module.

    The files are read in development only: where ``DJANGO_SETTINGS_MODULE`` already names other
    settings (a server, the tests, an image build), a forgotten ``.env`` must change nothing.
    Without any choice the settings are production's, which refuse to start half-configured.
    """
    chosen = os.environ.get("DJANGO_SETTINGS_MODULE")
    if chosen in (None, "", DEVELOPMENT_SETTINGS):
        load_dotenv(project_dir / ".env")
        load_dotenv(project_dir / ".local" / "services.env")
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        os.environ["DJANGO_SETTINGS_MODULE"] = SAFE_SETTINGS
