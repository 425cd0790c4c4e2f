"""What can be done about messages that came to nothing."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.background import outbox
from apps.background.models import DeadLetter
from apps.core.queue import UnsendableTask

LETTERS_ARE_KEPT = timedelta(days=30)
LONGEST_NAME = 255


def keep_dead_letter(*, task_id: str, failed_at: datetime, **fields: str | int) -> DeadLetter:
    """Write a dead letter down, once: the first one about a message stays.

    Args:
        fields: The other columns of ``DeadLetter``.
    """
    values = {name: storable(value) for name, value in fields.items()}
    values["task_name"] = str(values["task_name"])[:LONGEST_NAME]
    letter, _ = DeadLetter.objects.get_or_create(
        task_id=str(storable(task_id))[:LONGEST_NAME], defaults={**values, "failed_at": failed_at}
    )
    return letter


def storable(value: str | int) -> str | int:
    """The value without what PostgreSQL's text cannot hold: the character zero, and halves of characters."""
    if isinstance(value, int):
        return value
    return value.replace("\x00", "\\x00").encode(errors="backslashreplace").decode()


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
