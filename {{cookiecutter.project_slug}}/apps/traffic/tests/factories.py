from datetime import UTC, datetime, timedelta

from factory.declarations import LazyAttribute, SelfAttribute, Sequence
from factory.django import DjangoModelFactory

from apps.traffic.models import SuspiciousIP


class SuspiciousIPFactory(DjangoModelFactory[SuspiciousIP]):
    class Meta:
        model = SuspiciousIP

    address = Sequence(lambda number: f"192.0.2.{number % 256}")
    reason = SuspiciousIP.Reason.SENSITIVE_PATH
    requests = 7
    window_start = datetime(2026, 11, 21, 14, tzinfo=UTC)
    first_seen = SelfAttribute("last_seen")
    last_seen = LazyAttribute(lambda row: row.window_start + timedelta(hours=1))
