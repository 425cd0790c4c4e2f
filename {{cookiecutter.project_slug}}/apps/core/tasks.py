"""Doors from the queue: each calls one service, and is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from apps.core import services


@shared_task(name="core.clear_idempotency_keys")
def clear_idempotency_keys() -> None:
    services.clear_idempotency_keys(now=timezone.now())
