"""What the queue needs in the database: messages that are not sent yet, and those that failed."""

import json
import uuid
from typing import Any

from django.db import models
from django.utils import timezone


class OutboxMessage(models.Model):
    """A task that is to be sent: written in the transaction that decided so, deleted when it is sent."""

    # The task's id too, so a message that was sent twice can be told from two messages.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task_name = models.CharField(max_length=255)
    args = models.JSONField(default=list, blank=True)
    kwargs = models.JSONField(default=dict, blank=True)
    options = models.JSONField(
        default=dict, blank=True, help_text="Of Celery's send_task, for example the queue."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["attempts", "created_at"]
        indexes = [
            # The order in which they are sent: one that is refused each time does not hold up the others.
            models.Index(fields=["attempts", "created_at"], name="outbox_in_order_of_sending")
        ]

    def __str__(self) -> str:
        return f"{self.task_name} {self.pk}"


class DeadLetter(models.Model):
    """A message that was accepted and came to nothing, with the reason; it can be sent again."""

    class Reason(models.TextChoices):
        FAILED = "failed", "failed"
        TIMED_OUT = "timed_out", "ran into its time limit"
        LOST_TOO_OFTEN = "lost_too_often", "ended its process each time"
        UNKNOWN_TASK = "unknown_task", "names an unknown task"
        UNREADABLE = "unreadable", "cannot be read"

    task_id = models.CharField(max_length=255, unique=True)
    task_name = models.CharField(max_length=255, blank=True)
    reason = models.CharField(max_length=20, choices=Reason)
    body = models.TextField(
        help_text="As Celery writes it: the arguments by position and by name, then what follows the task."
    )
    error = models.TextField(blank=True)
    traceback = models.TextField(blank=True)
    retries = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(default=timezone.now)
    sent_again_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-failed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    reason__in=["failed", "timed_out", "lost_too_often", "unknown_task", "unreadable"]
                ),
                name="dead_letter_reason_is_known",
            )
        ]
        indexes = [models.Index(fields=["failed_at"], name="dead_letter_by_time")]

    def __str__(self) -> str:
        return f"{self.task_name or 'unreadable message'} {self.task_id}"

    @property
    def arguments(self) -> tuple[list[Any], dict[str, Any]]:
        """The arguments by position and by name.

        Raises:
            ValueError: The message has none that can be read.
        """
        args, kwargs, *_ = json.loads(self.body)
        return args, kwargs
