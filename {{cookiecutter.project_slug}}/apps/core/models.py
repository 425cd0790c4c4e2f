from django.conf import settings
from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """The answer to a request that must happen once, kept for when the client asks again.

    Written in the transaction of what the request did: there is either both or neither.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    # Of the method, the address and the body: the key stands for this one request.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    # As text: JSON columns forget the order of the members.
    body = models.TextField(default="null")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    class Meta:
        constraints = [
            # Two requests at once with one key: the second waits for the first, and finds its answer.
            models.UniqueConstraint(fields=("user", "key"), name="idempotency_key_once_per_user")
        ]

    def __str__(self) -> str:
        return self.key
