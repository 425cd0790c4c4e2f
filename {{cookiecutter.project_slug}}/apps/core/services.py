"""What the project does for itself."""

from datetime import datetime, timedelta

from apps.core.models import IdempotencyKey

# Longer than any client tries again.
KEYS_ARE_KEPT = timedelta(days=1)


def clear_idempotency_keys(*, now: datetime) -> int:
    """Delete the answers that no client asks for any more; return how many there were."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lt=now - KEYS_ARE_KEPT).delete()
    return deleted
