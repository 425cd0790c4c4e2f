"""From the request to the row, by way of a real Redis and a real worker."""

import sys
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.core.queue import enqueue_on_commit
from apps.traffic.models import SuspiciousIP
from tests import processes

ATTACKER = "203.0.113.77"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(sys.platform == "win32", reason="Celery runs tasks in-process on Windows.")
def test_worker_flags_who_probes_the_site(settings: Settings, tmp_path: Path) -> None:
    # The worker has the settings as they are written.
    settings.TRAFFIC_KEY_PREFIX = "traffic:"
    Client(REMOTE_ADDR=ATTACKER).get("/.env")
    log = tmp_path / "log"

    with processes.worker(log):
        enqueue_on_commit("traffic.detect_suspicious_ips")
        enqueue_on_commit("traffic.detect_suspicious_ips")
        processes.wait_until(lambda: log.read_text().count("suspicious_ips_detected") == 2, log=log)

    rows = SuspiciousIP.objects.filter(address=ATTACKER)
    assert [row.reason for row in rows] == [SuspiciousIP.Reason.SENSITIVE_PATH]
