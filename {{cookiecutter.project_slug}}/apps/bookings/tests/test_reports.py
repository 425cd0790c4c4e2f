"""The monthly report of an owner: what is in it, and that it is written once."""

import csv
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import OperationalError
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.background.letters import body_of
from apps.background.models import DeadLetter
from apps.background.services import keep_dead_letter
from apps.bookings import reports, selectors, services, tasks
from apps.bookings.models import Booking, Report
from apps.bookings.tests.factories import BookingFactory, ListingFactory, ReportFactory
from apps.users.models import User
from apps.users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

JANUARY = date(2030, 1, 1)


@pytest.fixture(autouse=True)
def _no_files_of_other_tests() -> None:
    for name in files():
        storages["private"].delete(f"reports/{name}")


def files() -> list[str]:
    private = storages["private"]
    return private.listdir("reports")[1] if private.exists("reports") else []


def lines_of(report: Report) -> list[list[str]]:
    report.refresh_from_db()
    return list(csv.reader(StringIO(report.file.read().decode("utf-8-sig"))))


def stay(owner: User, check_in: date, **fields: Any) -> Booking:
    return BookingFactory.create(listing__owner=owner, check_in=check_in, **fields)


def test_report_has_the_stays_that_begin_in_its_month() -> None:
    report = ReportFactory.create(month=JANUARY)
    last = stay(report.owner, date(2030, 1, 31), guest__name="Grace")
    first = stay(report.owner, JANUARY, guest__name="Ada")
    stay(report.owner, date(2029, 12, 31))
    stay(report.owner, date(2030, 2, 1))
    stay(UserFactory.create(), JANUARY)

    tasks.write_report(report_id=report.pk)

    header, *lines = lines_of(report)
    assert header == list(reports.COLUMNS)
    assert lines == [
        [
            str(first.pk),
            first.listing.title,
            "Ada",
            "2030-01-01",
            "2030-01-03",
            "2",
            "pending",
            "100.00",
            "USD",
        ],
        [
            str(last.pk),
            last.listing.title,
            "Grace",
            "2030-01-31",
            "2030-02-02",
            "2",
            "pending",
            "100.00",
            "USD",
        ],
    ]
    assert (report.status, report.progress, report.error) == ("done", 100, "")
    assert report.finished_at


@pytest.mark.parametrize(
    ("month", "last"),
    [(date(2030, 12, 1), date(2030, 12, 31)), (date(2028, 2, 1), date(2028, 2, 29))],
    ids=["december", "leap year"],
)
def test_month_ends_with_its_last_day(month: date, last: date) -> None:
    owner = UserFactory.create()
    inside = stay(owner, last)
    stay(owner, last + timedelta(days=1))

    assert list(selectors.stays_of_month(owner, month)) == [inside]


def test_report_of_a_month_without_stays_has_a_header_only() -> None:
    report = ReportFactory.create()

    tasks.write_report(report_id=report.pk)

    assert lines_of(report) == [list(reports.COLUMNS)]


def test_title_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    report = ReportFactory.create()
    stay(report.owner, JANUARY, listing__title="=1+1")

    tasks.write_report(report_id=report.pk)

    assert lines_of(report)[1][1] == "'=1+1"


def test_task_that_runs_ten_times_writes_one_file() -> None:
    report = ReportFactory.create()

    for _ in range(10):
        tasks.write_report(report_id=report.pk)

    report.refresh_from_db()
    assert [f"reports/{name}" for name in files()] == [report.file.name]


def test_of_two_runs_at_once_the_first_to_end_makes_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    report = ReportFactory.create()
    write = reports.write_stays

    def write_while_another_run_ends(*args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(reports, "write_stays", write)
        services.write_report(report_id=report.pk)
        write(*args, **kwargs)

    monkeypatch.setattr(reports, "write_stays", write_while_another_run_ends)
    services.write_report(report_id=report.pk)

    report.refresh_from_db()
    assert report.status == "done"
    assert [f"reports/{name}" for name in files()] == [report.file.name]


def test_report_that_was_deleted_meanwhile_is_no_error() -> None:
    tasks.write_report(report_id=999_999_999)

    assert files() == []


def test_progress_is_told_while_the_file_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "ROWS_AT_ONCE", 2)
    owner = UserFactory.create()
    listing = ListingFactory.create(owner=owner)
    BookingFactory.create_batch(8, listing=listing, check_in=JANUARY)
    told: list[int] = []

    reports.write_stays(selectors.stays_of_month(owner, JANUARY), BytesIO(), tell_progress=told.append)

    assert told == [25, 50, 75, 99]


def test_progress_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    report = ReportFactory.create(status="running", progress=60)
    seen: list[int] = []

    def write(*args: Any, tell_progress: Any) -> None:
        for percent in (25, 50, 75):
            tell_progress(percent)
            seen.append(Report.objects.get().progress)

    monkeypatch.setattr(reports, "write_stays", write)
    services.write_report(report_id=report.pk)

    assert seen == [60, 60, 75]
    assert all(before <= after for before, after in pairwise(seen))


def test_passing_error_is_tried_again_and_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    report = ReportFactory.create()
    errors = [OperationalError("restarted"), OperationalError("restarted")]
    write = reports.write_stays

    def write_in_the_end(*args: Any, **kwargs: Any) -> None:
        if errors:
            raise errors.pop()
        write(*args, **kwargs)

    monkeypatch.setattr(reports, "write_stays", write_in_the_end)

    tasks.write_report.apply(kwargs={"report_id": report.pk})

    report.refresh_from_db()
    assert (report.status, report.error) == ("done", "")


def test_report_that_fails_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    report = ReportFactory.create()
    fail(monkeypatch)

    tasks.write_report.apply(kwargs={"report_id": report.pk})

    report.refresh_from_db()
    assert (report.status, files()) == ("running", [])


@pytest.mark.parametrize("reason", ["failed", "timed_out", "lost_too_often"])
def test_owner_is_told_when_the_task_has_come_to_nothing_and_not_by_whose_fault(reason: str) -> None:
    report = ReportFactory.create(status=Report.Status.RUNNING)

    write_dead_letter(reason, body=body_of([], {"report_id": report.pk}))

    report.refresh_from_db()
    assert (report.status, report.error) == ("failed", services.REPORT_FAILED)


def test_dead_letter_that_cannot_be_read_is_kept_whatever_report_it_was_about() -> None:
    for number, body in enumerate(["[", "[]", "[[], {}]", '[[], {"report_id": "x"}]']):
        write_dead_letter("unreadable", body=body, task_id=str(number))

    assert DeadLetter.objects.count() == 4


def write_dead_letter(reason: str, *, body: str, task_id: str = "1") -> None:
    fields = {"task_name": "bookings.write_report", "reason": reason, "body": body}
    keep_dead_letter(task_id=task_id, failed_at=timezone.now(), **fields)


def test_failed_report_that_is_sent_again_from_the_dead_letters_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = ReportFactory.create()
    with monkeypatch.context() as broken:
        fail(broken)
        tasks.write_report.apply(kwargs={"report_id": report.pk})

    tasks.write_report.apply(kwargs={"report_id": report.pk})

    report.refresh_from_db()
    assert (report.status, report.error) == ("done", "")


def fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(reports, "write_stays", write)


def test_done_report_does_not_fail_afterwards() -> None:
    report = ReportFactory.create()
    services.write_report(report_id=report.pk)

    services.fail_report(report_id=report.pk)

    report.refresh_from_db()
    assert report.status == "done"


def test_old_reports_go_with_their_files(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    now = datetime(2030, 3, 1, tzinfo=UTC)
    old = ReportFactory.create(created_at=now - services.REPORTS_KEPT - timedelta(seconds=1))
    kept = ReportFactory.create(created_at=now - services.REPORTS_KEPT)
    for report in (old, kept):
        services.write_report(report_id=report.pk)

    with django_capture_on_commit_callbacks(execute=True):
        assert services.clear_old_reports(now=now) == 1

    kept.refresh_from_db()
    assert list(Report.objects.all()) == [kept]
    assert [f"reports/{name}" for name in files()] == [kept.file.name]


def test_report_whose_task_has_vanished_fails_after_a_day() -> None:
    now = datetime(2030, 3, 1, tzinfo=UTC)
    vanished = ReportFactory.create(status="running", created_at=now - timedelta(hours=25))
    young = ReportFactory.create(status="running", created_at=now - timedelta(hours=23))

    services.clear_old_reports(now=now)

    vanished.refresh_from_db()
    young.refresh_from_db()
    assert (vanished.status, young.status) == ("failed", "running")


def test_memory_does_not_grow_with_the_report() -> None:
    owner = UserFactory.create()
    listing, guest = ListingFactory.create(owner=owner, title="x" * 120), UserFactory.create()
    Booking.objects.bulk_create(
        BookingFactory.build_batch(20_000, listing=listing, guest=guest, check_in=JANUARY), batch_size=2000
    )

    class Sink(BytesIO):
        def write(self, line: Any) -> int:
            return len(line)

    tracemalloc.start()
    reports.write_stays(selectors.stays_of_month(owner, JANUARY), Sink(), tell_progress=lambda _percent: None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    # All rows would be some twenty.
    assert peak < 5_000_000
