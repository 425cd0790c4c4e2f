"""Doors from the queue: each calls one service, and is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from apps.traffic import services


@shared_task(name="traffic.detect_suspicious_ips")
def detect_suspicious_ips() -> None:
    services.detect_suspicious_ips(now=timezone.now())
