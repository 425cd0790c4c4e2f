"""What waits and what has failed, for those who look after it."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django_celery_beat import admin as beat_admin
from django_celery_beat.models import PeriodicTask

from apps.background import services
from apps.background.models import DeadLetter, OutboxMessage
from apps.core.admin import CsvExportMixin
from apps.core.queue import UnsendableTask


class ReadOnlyAdminMixin:
    """To look at, and to delete. What the queue writes is nobody's to change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdminMixin, CsvExportMixin, admin.ModelAdmin[DeadLetter]):
    list_display = ("failed_at", "task_name", "reason", "error", "retries", "sent_again_at")
    list_filter = ("reason", ("sent_again_at", admin.EmptyFieldListFilter), "failed_at", "task_name")
    search_fields = ("task_id", "task_name", "error", "body")
    date_hierarchy = "failed_at"
    actions = ("send_again", "export_as_csv")
    csv_fields = ("task_id", "task_name", "reason", "error", "retries", "failed_at", "sent_again_at")
    # Counting the whole table for "of 12,345" reads all of it.
    show_full_result_count = False

    @admin.action(description="Send again", permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        sent = 0
        for letter in queryset.order_by("failed_at"):
            try:
                services.send_again(letter=letter)
            except UnsendableTask as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
            else:
                sent += 1
        self.message_user(request, f"Sent again: {sent}.", messages.SUCCESS if sent else messages.INFO)

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("background.change_deadletter")


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdminMixin, admin.ModelAdmin[OutboxMessage]):
    list_display = ("created_at", "task_name", "attempts", "last_error")
    list_filter = ("task_name", "created_at")
    search_fields = ("id", "task_name", "last_error")
    show_full_result_count = False


admin.site.unregister(PeriodicTask)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat_admin.PeriodicTaskAdmin):  # type: ignore[misc]  # it has no annotations
    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> PeriodicTask | None:
        """The task; while a form is saved, nobody claims a run of it.

        Saving writes the whole row, and with it the time of the last run as it was read.
        """
        task = super().get_object(request, object_id, from_field)
        if task is None or request.method != "POST":
            return task
        return PeriodicTask.objects.select_for_update().filter(pk=task.pk).first()
