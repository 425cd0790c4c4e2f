"""What follows from a change, whoever makes it: a service, the admin or a cascade."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from apps.bookings.models import Photo


@receiver(post_delete, sender=Photo)
def delete_file_of_photo(instance: Photo, **kwargs: Any) -> None:
    """Delete the file once its row is gone for certain: a rollback would not bring it back."""
    transaction.on_commit(lambda: instance.image.delete(save=False))
