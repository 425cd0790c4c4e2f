"""What ``compose.yaml`` lets the site wait for: ``uv run python -m tests.compose_order``.

Containers that wait for nothing start in the same moment. Here the site is started on an empty database, as
its container would be: after the release if it waits for its end, and else without it.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django
import yaml

from tests import processes
from tests.releases import empty_database, release_at_once


def waits_for(other: str, *, service: str) -> bool:
    """Whether a service starts only when another has ended well."""
    compose = yaml.safe_load((processes.PROJECT_DIR / "compose.yaml").read_text(encoding="utf-8"))
    needed: Any = compose["services"][service].get("depends_on", {})
    return isinstance(needed, dict) and needed[other]["condition"] == "service_completed_successfully"


def first_answer() -> str:
    """What the site says of itself as soon as it answers."""
    with empty_database() as address, TemporaryDirectory() as folder:
        if waits_for("release", service="web"):
            release_at_once(1, DATABASE_URL=address)
        environment = processes.production_environment(DATABASE_URL=address)
        with processes.site(environment, log=Path(folder) / "log") as client:
            ready = client.get("/health/ready")
    return f"{ready.status_code} {ready.text}"


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    sys.stdout.write(f"{first_answer()}\n")


if __name__ == "__main__":
    main()
