"""Asking for a report, asking how far it is, and reading it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from apps.background.models import OutboxMessage
from apps.bookings import reports, services
from apps.bookings.models import Report
from apps.bookings.tests.factories import BookingFactory, ReportFactory
from apps.bookings.tests.people import client_of
from apps.users.models import User
from apps.users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/reports/"


def body_of(response: Any) -> bytes:
    """What a streamed answer says."""
    assert response.status_code == 200, response
    return b"".join(response.streaming_content)


def test_report_is_accepted_and_says_where_to_ask_how_far_it_is(
    client_of_user: APIClient, user: User
) -> None:
    response = client_of_user.post(URL, {"month": "2030-01", "status": "done", "progress": 100})

    report = Report.objects.get()
    assert response.status_code == 202
    assert response["Location"] == f"http://testserver{URL}{report.pk}/"
    assert response.json() == {
        "id": report.pk,
        "month": "2030-01",
        "status": "pending",
        "progress": 0,
        "file": None,
        "error": None,
        "created_at": report.created_at.isoformat().replace("+00:00", "Z"),
        "finished_at": None,
    }
    assert report.owner == user
    assert client_of_user.get(response["Location"]).json() == response.json()


@pytest.mark.lesson("long-work-in-request")
def test_request_for_a_report_does_none_of_its_work(
    client_of_user: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*args: Any, **kwargs: Any) -> None:
        pytest.fail("The request writes the report. That is the work of a task.")

    monkeypatch.setattr(reports, "write_stays", write)

    response = client_of_user.post(URL, {"month": "2030-01"})

    assert (response.status_code, response.json()["status"]) == (202, "pending")
    message = OutboxMessage.objects.get()
    assert (message.task_name, message.kwargs) == (
        "bookings.write_report",
        {"report_id": response.json()["id"]},
    )


def test_done_report_names_its_file_and_its_owner_reads_it(client_of_user: APIClient, user: User) -> None:
    booking = BookingFactory.create(listing__owner=user, check_in=datetime(2030, 1, 5, tzinfo=UTC).date())
    report = ReportFactory.create(owner=user)
    services.write_report(report_id=report.pk)

    shown = client_of_user.get(f"{URL}{report.pk}/").json()
    response = client_of_user.get(shown["file"], headers={"Accept": "text/csv"})

    assert (shown["status"], shown["progress"]) == ("done", 100)
    assert shown["file"] == f"http://testserver{URL}{report.pk}/file/"
    assert booking.listing.title.encode() in body_of(response)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="report-2030-01.csv"'


def test_nobody_else_finds_a_report_or_its_file() -> None:
    report = ReportFactory.create()
    services.write_report(report_id=report.pk)
    staff = UserFactory.create(is_staff=True, is_superuser=True)

    for somebody, status in ((UserFactory.create(), 404), (staff, 404), (None, 401)):
        for address in (f"{URL}{report.pk}/", f"{URL}{report.pk}/file/"):
            assert client_of(somebody).get(address).status_code == status


def test_file_has_no_address_that_is_open_to_everybody(client_of_user: APIClient, user: User) -> None:
    report = ReportFactory.create(owner=user)
    services.write_report(report_id=report.pk)
    report.refresh_from_db()

    assert report.file.name not in client_of_user.get(f"{URL}{report.pk}/").content.decode()


def test_file_that_is_not_written_yet_is_not_found(client_of_user: APIClient, user: User) -> None:
    report = ReportFactory.create(owner=user, status="running", progress=40)

    response = client_of_user.get(f"{URL}{report.pk}/file/", headers={"Accept": "text/csv"})

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"] == "The report is not written yet."


def test_failed_report_says_so(client_of_user: APIClient, user: User) -> None:
    report = ReportFactory.create(owner=user)
    services.fail_report(report_id=report.pk)

    shown = client_of_user.get(f"{URL}{report.pk}/").json()

    assert (shown["status"], shown["file"], shown["error"]) == ("failed", None, services.REPORT_FAILED)


@pytest.mark.parametrize(
    ("month", "code"),
    [
        ("2030-13", "invalid"),
        ("2030-00", "invalid"),
        ("2030-1", "invalid"),
        ("2030-01-15", "invalid"),
        ("January", "invalid"),
        ("1830-01", "invalid"),
        ("\u0662\u0660\u0663\u0660-01", "invalid"),
        ("", "blank"),
        (None, "null"),
        ({}, "invalid"),
    ],
)
def test_month_that_is_none_is_refused_with_a_pointer_to_it(
    client_of_user: APIClient, month: object, code: str
) -> None:
    response = client_of_user.post(URL, {"month": month})

    assert response.status_code == 400
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [("#/month", code)]
    assert not Report.objects.exists()


def test_request_that_is_sent_twice_by_mistake_makes_one_report(client_of_user: APIClient) -> None:
    key = {"Idempotency-Key": str(uuid4())}

    first, second = (client_of_user.post(URL, {"month": "2030-01"}, headers=key) for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 202)
    assert second["Location"] == first["Location"]
    assert (Report.objects.count(), OutboxMessage.objects.count()) == (1, 1)


def test_reports_are_listed_for_their_owner_newest_first(client_of_user: APIClient, user: User) -> None:
    ReportFactory.create()
    older, newer = ReportFactory.create_batch(2, owner=user)

    listed = client_of_user.get(URL).json()["results"]

    assert [report["id"] for report in listed] == [newer.pk, older.pk]


def test_so_many_reports_can_be_asked_for_and_no_more(
    client_of_user: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "reports", "1/hour")

    first, second = (client_of_user.post(URL, {"month": "2030-01"}) for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 429)
    assert "Retry-After" in second
    assert client_of_user.get(first["Location"]).status_code == 200
