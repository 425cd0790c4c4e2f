"""What can be done to accounts."""

from django.conf import settings
from django.core.mail import send_mail
from django.core.management import call_command
from django.db import transaction

from apps.core.queue import enqueue_on_commit
from apps.users.models import User


@transaction.atomic
def update_profile(*, user: User, name: str | None = None, email: str | None = None) -> User:
    """Change the given fields; tell the old address when the e-mail address changes.

    The notice lets the owner of a taken-over account notice the theft.
    """
    old_email = user.email
    if name is not None:
        user.name = name
    if email is not None:
        user.email = email
    user.save(update_fields=["name", "email"])
    if user.email != old_email:
        enqueue_on_commit("users.send_email_changed_notice", user_id=user.pk, old_email=old_email)
    return user


def send_email_changed_notice(*, user_id: int, old_email: str) -> None:
    """Tell ``old_email`` that its account has moved to another address.

    Raises:
        User.DoesNotExist: The account is gone.
    """
    user = User.objects.get(pk=user_id)
    send_mail(
        subject="Your e-mail address was changed",
        message=(
            f"The account {old_email} now uses the address {user.email}.\n\n"
            "If that was not you, answer this message.\n"
        ),
        from_email=settings.DEFAULT_FROM_EMAIL,
        recipient_list=[old_email],
    )


def clear_expired_sessions() -> None:
    """Delete the sessions that have expired; Django never does so by itself."""
    call_command("clearsessions")
