"""Doors from the queue: each calls one service, and is safe to run twice."""

from celery import shared_task

from apps.users import services


@shared_task(name="users.send_email_changed_notice")
def send_email_changed_notice(*, user_id: int, old_email: str) -> None:
    services.send_email_changed_notice(user_id=user_id, old_email=old_email)


@shared_task(name="users.clear_expired_sessions")
def clear_expired_sessions() -> None:
    services.clear_expired_sessions()
