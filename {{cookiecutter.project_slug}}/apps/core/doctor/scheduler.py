"""The database scheduler, with a heartbeat."""

import os
import platform
import time
from typing import Any

import structlog
from django_celery_beat.schedulers import DatabaseScheduler

from apps.core.doctor.heartbeat import leave_sign, withdraw_sign

logger = structlog.get_logger(__name__)


class HeartbeatScheduler(DatabaseScheduler):  # type: ignore[misc]  # it has no annotations
    """Leaves a sign of life at every turn, for ``manage.py doctor``."""

    @property
    def name_of_beat(self) -> str:
        return f"{platform.node()}:{os.getpid()}"

    def tick(self, *args: Any, **kwargs: Any) -> float:
        seconds: float = super().tick(*args, **kwargs)
        try:
            leave_sign(self.name_of_beat, now=time.time())
        except Exception as error:  # noqa: BLE001 - a cache that is away must not stop the schedule
            logger.warning("heartbeat_failed", error=type(error).__name__)
        return seconds

    def close(self) -> None:
        super().close()
        try:
            withdraw_sign(self.name_of_beat)
        except Exception as error:  # noqa: BLE001 - as above; the sign soon grows old by itself
            logger.warning("heartbeat_failed", error=type(error).__name__)
