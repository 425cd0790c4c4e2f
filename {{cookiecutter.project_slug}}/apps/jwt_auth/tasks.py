"""Doors from the queue: each calls one service, and is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from apps.jwt_auth import services


@shared_task(name="jwt_auth.clear_expired_families")
def clear_expired_families() -> None:
    services.clear_expired_families(now=timezone.now())
