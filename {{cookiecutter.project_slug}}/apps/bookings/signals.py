"""What follows from a change, whoever makes it: a service, the admin or a cascade."""

from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from apps.background.models import DeadLetter
from apps.background.outbox import enqueue_durably
from apps.bookings import services
from apps.bookings.models import Photo, Report


@receiver(post_save, sender=Photo)
def make_thumbnail_of_photo(instance: Photo, raw: bool, **kwargs: Any) -> None:
    """Have a small copy made of each new image.

    Durably: a refusal after the photo is stored would make people send it again.
    """
    if not raw and instance.thumbnail.name != instance.name_of_thumbnail:
        enqueue_durably("bookings.make_thumbnail", photo_id=instance.pk)


@receiver(post_delete, sender=Photo)
def delete_files_of_photo(instance: Photo, **kwargs: Any) -> None:
    """Delete the files once their row is gone for certain: a rollback would not bring them back.

    The thumbnail by the name that it has or gets: the task may have made it since the row was read.
    """
    transaction.on_commit(lambda: instance.image.delete(save=False))
    thumbnails, name = instance.thumbnail.storage, instance.name_of_thumbnail
    transaction.on_commit(lambda: thumbnails.delete(name))


@receiver(post_delete, sender=Report)
def delete_file_of_report(instance: Report, **kwargs: Any) -> None:
    transaction.on_commit(lambda: instance.file.delete(save=False))


@receiver(post_save, sender=DeadLetter)
def fail_report_of_dead_letter(instance: DeadLetter, created: bool, **kwargs: Any) -> None:
    """Tell whoever waits for a report when its task has come to nothing, in whatever way."""
    if created and instance.task_name == "bookings.write_report":
        # A letter that cannot be read is to be kept all the same.
        with suppress(ValueError, KeyError):
            services.fail_report(report_id=instance.arguments[1]["report_id"])
