"""Doors from the queue: each calls one service, and is safe to run twice."""

from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.background import services
from apps.background.letters import BURY


# Tried until it succeeds: nobody else keeps the letter.
@shared_task(name=BURY, max_retries=None, retry_backoff_max=60)
def bury(*, failed_at: str, **letter: Any) -> None:
    services.keep_dead_letter(failed_at=datetime.fromisoformat(failed_at), **letter)


@shared_task(name="background.clear_dead_letters")
def clear_dead_letters() -> None:
    services.clear_dead_letters(now=timezone.now())
