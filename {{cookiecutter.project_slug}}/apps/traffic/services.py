"""What is done about suspicious traffic: it is written down, and forgotten in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction

from apps.traffic.counters import Kind, read_counts
from apps.traffic.models import SuspiciousIP

HOUR = timedelta(hours=1)
KEY = ["address", "reason", "window_start"]
BATCH = 1000

logger = structlog.get_logger(__name__)


def detect_suspicious_ips(*, now: datetime) -> int:
    """Flag the addresses of the hours that Redis still remembers; delete rows past their retention.

    The hours before the last one count too, so nothing is missed while no worker runs. An hour that
    was looked at before is brought up to date: there is one row for each address, reason and hour.

    Returns:
        How many addresses are flagged for these hours.

    Raises:
        redis.RedisError: The counts cannot be read. Nothing was changed.
    """
    found = list(find_suspicious_ips(now=now))
    with transaction.atomic():
        save_suspicious_ips(found)
        oldest = now - timedelta(days=settings.TRAFFIC_RETENTION_DAYS)
        deleted, _ = SuspiciousIP.objects.filter(window_start__lt=oldest).delete()
    # Without the addresses: the log has another retention.
    logger.info("suspicious_ips_detected", flagged=len(found), deleted=deleted)
    return len(found)


def find_suspicious_ips(*, now: datetime) -> Iterator[SuspiciousIP]:
    """Yield the addresses to be flagged, not saved yet."""
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    limits = {
        SuspiciousIP.Reason.TOO_MANY_REQUESTS: (Kind.REQUESTS, settings.TRAFFIC_REQUESTS_PER_HOUR + 1),
        SuspiciousIP.Reason.SENSITIVE_PATH: (Kind.PROBES, 1),
    }
    for hours_ago in range(settings.TRAFFIC_HOURS_KEPT):
        start = this_hour - hours_ago * HOUR
        seen = min(now, start + HOUR)
        for reason, (kind, at_least) in limits.items():
            for address, requests in read_counts(kind, hour=start, at_least=at_least).items():
                yield SuspiciousIP(
                    address=address,
                    reason=reason,
                    requests=requests,
                    window_start=start,
                    first_seen=seen,
                    last_seen=seen,
                )


def save_suspicious_ips(found: list[SuspiciousIP]) -> None:
    """Insert the rows; where one is there already, bring its count up to date."""
    SuspiciousIP.objects.bulk_create(
        found,
        batch_size=BATCH,
        update_conflicts=True,
        update_fields=["requests", "last_seen"],
        # MySQL takes any unique constraint, and refuses to be told which.
        unique_fields=KEY if connection.features.supports_update_conflicts_with_target else None,
    )
