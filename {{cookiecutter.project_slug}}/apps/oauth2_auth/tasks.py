"""Doors from the queue: each calls one service, and is safe to run twice."""

from celery import shared_task

from apps.oauth2_auth import services


@shared_task(name="oauth2_auth.clear_expired_tokens")
def clear_expired_tokens() -> None:
    services.clear_expired_tokens()
