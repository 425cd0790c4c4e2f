"""core.E012: uploads that replace each other."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from apps.core.checks.report import problem

# The backends of django-storages that overwrite by default.
OVERWRITING = ("storages.backends.s3", "storages.backends.gcloud")
OLD_STYLE = "AWS_S3_FILE_OVERWRITE"


@register
def check_uploads_do_not_overwrite(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    return [
        problem(
            "core.E012",
            f"STORAGES[{alias!r}] overwrites: two uploads of the same name leave one file.",
            mend='Set its OPTIONS["file_overwrite"] = False.',
            lesson="s3-safe-defaults",
        )
        for alias, storage in settings.STORAGES.items()
        if alias != "staticfiles" and _overwrites(storage)
    ]


def _overwrites(storage: dict[str, Any]) -> bool:
    if not storage["BACKEND"].startswith(OVERWRITING):
        return False
    return bool(storage.get("OPTIONS", {}).get("file_overwrite", getattr(settings, OLD_STYLE, True)))
