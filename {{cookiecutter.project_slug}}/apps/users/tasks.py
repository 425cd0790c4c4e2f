"""Doors from the queue: each calls one service, and is safe to run twice."""

from celery import shared_task

from apps.users import services


@shared_task(name="users.send_verification")
def send_verification(*, user_id: int) -> None:
    services.send_verification(user_id=user_id)


@shared_task(name="users.resend_verification")
def resend_verification(*, email: str) -> None:
    services.resend_verification(email=email)


@shared_task(name="users.send_verification_of_new_email")
def send_verification_of_new_email(*, user_id: int, new_email: str) -> None:
    services.send_verification_of_new_email(user_id=user_id, new_email=new_email)


@shared_task(name="users.send_account_exists")
def send_account_exists(*, email: str) -> None:
    services.send_account_exists(email=email)


@shared_task(name="users.send_password_reset")
def send_password_reset(*, email: str) -> None:
    services.send_password_reset(email=email)


@shared_task(name="users.send_password_changed_notice")
def send_password_changed_notice(*, user_id: int) -> None:
    services.send_password_changed_notice(user_id=user_id)


@shared_task(name="users.send_email_changed_notice")
def send_email_changed_notice(*, user_id: int, old_email: str) -> None:
    services.send_email_changed_notice(user_id=user_id, old_email=old_email)


@shared_task(name="users.clear_expired_sessions")
def clear_expired_sessions() -> None:
    services.clear_expired_sessions()
