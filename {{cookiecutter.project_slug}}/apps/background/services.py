"""What can be done about messages that came to nothing."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.background import outbox
from apps.background.models import DeadLetter
from apps.core.queue import UnsendableTask

LETTERS_ARE_KEPT = timedelta(days=30)


def keep_dead_letter(
    *,
    task_id: str,
    task_name: str,
    reason: str,
    body: str,
    error: str,
    traceback: str,
    retries: int,
    failed_at: datetime,
) -> DeadLetter:
    """Write a dead letter down, once: the first one about a message stays."""
    letter, _ = DeadLetter.objects.get_or_create(
        task_id=storable(task_id)[:255],
        defaults={
            "task_name": storable(task_name)[:255],
            "reason": reason,
            "body": storable(body),
            "error": storable(error),
            "traceback": storable(traceback),
            "retries": retries,
            "failed_at": failed_at,
        },
    )
    return letter


def storable(text: str) -> str:
    """The text without what PostgreSQL's text cannot hold: the character zero, and halves of characters."""
    return text.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()


@transaction.atomic
def send_again(*, letter: DeadLetter, now: datetime | None = None) -> None:
    """Send the task of a dead letter as a new message, once.

    Raises:
        UnsendableTask: It was sent again already, cannot be read, or no task has this name.
    """
    locked = DeadLetter.objects.select_for_update().get(pk=letter.pk)
    if locked.sent_again_at:
        raise UnsendableTask(f"{locked} was sent again already.")
    try:
        args, kwargs = locked.arguments
    except ValueError as error:
        raise UnsendableTask(f"{locked} has no arguments that can be read.") from error
    outbox.write(locked.task_name, args=args, kwargs=kwargs)
    locked.sent_again_at = now or timezone.now()
    locked.save(update_fields=["sent_again_at"])


def clear_dead_letters(*, now: datetime) -> int:
    """Delete the letters that were sent again long ago; return how many. The others wait for somebody."""
    deleted, _ = DeadLetter.objects.filter(sent_again_at__lt=now - LETTERS_ARE_KEPT).delete()
    return deleted
