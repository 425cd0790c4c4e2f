"""Errors in production are printed, once, where the platform looks."""

import json

import pytest

from tests.processes import production_environment, run_python

CRASH = """
import config, django
from django.conf import settings
settings.ROOT_URLCONF = "tests.crashing_urls"
settings.SECURE_SSL_REDIRECT = False
django.setup()
from django.test import Client
client = Client(raise_request_exception=False, headers={"host": "shop.example.com"})
print(client.get("/crash/?password=hush", headers={"x-request-id": "abc"}).headers["X-Request-ID"])
"""


@pytest.mark.lesson("logging-in-production")
@pytest.mark.django_db
def test_crash_is_one_json_record_with_traceback_path_and_request_id() -> None:
    result = run_python("-c", CRASH, environment=production_environment())

    records = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    errors = [record for record in records if record["level"] == "error"]
    assert [(record["message"], record["request"], record["request_id"]) for record in errors] == [
        ("request_failed", "GET /crash/", "abc")
    ]
    assert errors[0]["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert result.stdout.splitlines()[-1] == "abc"
    assert "hush" not in result.stdout + result.stderr
