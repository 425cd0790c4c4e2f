"""The part of ``listings_page.py`` that runs inside a generated project, with its packages."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

# The project, whose folder is the working directory.
sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as "python -m" would
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"

import django

django.setup()

import httpx
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rich.console import Console
from rich.table import Table

from apps.bookings.api.pages import Newest
from apps.bookings.selectors import published_listings
from apps.users.models import User
from tests import processes

ADDRESS = "/api/v2/listings/"
GUNICORN = ("gunicorn", "--config", "config/gunicorn.py", "config.wsgi")
# Each may ask 600 times a minute.
READERS = 10
WARM_UP = 10
TOLERANCE = 1.2
console = Console()


@dataclass(frozen=True)
class Seen:
    """What one size of the database costs."""

    listings: int
    queries_of_first: int
    queries_of_last: int
    seconds_of_first: float
    seconds_of_last: float

    @property
    def ratio(self) -> float:
        return self.seconds_of_last / self.seconds_of_first


def main() -> int:
    arguments = read_arguments()
    call_command("migrate", verbosity=0)
    # The server signs cursors and sessions with its key; so do we.
    settings.SECRET_KEY = processes.production_environment()["SECRET_KEY"]
    few = fill_and_measure(arguments.few, arguments.few * 5, requests=arguments.requests)
    many = fill_and_measure(arguments.listings, arguments.bookings, requests=arguments.requests)
    show(few, many)
    return judge(few, many)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listings_page")
    parser.add_argument("--few", type=int, default=10, help="listings to begin with (default: 10)")
    parser.add_argument("--listings", type=int, default=100_000, help="listings to add (default: 100000)")
    parser.add_argument("--bookings", type=int, default=500_000, help="bookings to add (default: 500000)")
    parser.add_argument("--requests", type=int, default=100, help="of each page (default: 100)")
    return parser.parse_args()


def fill_and_measure(listings: int, bookings: int, *, requests: int) -> Seen:
    started = time.monotonic()
    call_command("seed", listings=listings, bookings=bookings, force=True)
    console.print(f"That took {time.monotonic() - started:.0f} s; on disk: {size_of_database()}.")
    last = last_page()
    readers = [reader(number) for number in range(READERS)]
    with server() as address:
        times = measure(address, [ADDRESS, last], readers=readers, requests=requests)
    return Seen(
        listings=published_listings().count(),
        queries_of_first=count_queries(ADDRESS, readers[0]),
        queries_of_last=count_queries(last, readers[0]),
        seconds_of_first=median(times[ADDRESS]),
        seconds_of_last=median(times[last]),
    )


def size_of_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
        return str(cursor.fetchone()[0])


def last_page() -> str:
    """The address that whoever follows every "next" comes to in the end."""
    pages = Newest()
    oldest = published_listings().order_by("created_at", "id").values("pk")[: 2 * pages.page_size]
    # Of these two pages, the first one knows where the second begins.
    two_pages = published_listings().filter(pk__in=[row["pk"] for row in oldest])
    pages.paginate_queryset(two_pages, Request(APIRequestFactory().get(ADDRESS)))
    link: str | None = pages.get_paginated_response([]).data["next"]
    # A few listings are one page, the first and the last.
    return link.removeprefix("http://testserver") if link else ADDRESS


def reader(number: int) -> dict[str, str]:
    """The headers of somebody who is signed in, as the proxy in front hands them on."""
    address = f"reader{number}@example.com"
    user, _ = User.objects.get_or_create(email=address, defaults={"email_verified_at": timezone.now()})
    browser = Client()
    browser.force_login(user)
    return {
        "Host": "shop.example.com",
        "X-Forwarded-Proto": "https",
        "Cookie": f"sessionid={browser.cookies['sessionid'].value}",
    }


@contextmanager
def server() -> Iterator[str]:
    """Gunicorn with production's settings; its address."""
    port = str(processes.free_port())
    environment = processes.production_environment(PORT=port, WEB_CONCURRENCY="1")
    address = f"http://127.0.0.1:{port}"
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with processes.running(*GUNICORN, environment=environment, log=log):
            processes.wait_until(lambda: processes.answers(f"{address}/health/live"), log=log)
            yield address


def measure(
    server_address: str, pages: list[str], *, readers: list[dict[str, str]], requests: int
) -> dict[str, list[float]]:
    """Ask for the pages in turn, so that whatever else the machine does slows down both alike."""
    times: dict[str, list[float]] = {page: [] for page in pages}
    headers = cycle(readers)
    sizes: set[int] = set()
    with httpx.Client(base_url=server_address, timeout=60) as client:
        for number in range(WARM_UP + requests):
            for page in pages:
                started = time.perf_counter()
                response = client.get(page, headers=next(headers))
                seconds = time.perf_counter() - started
                if response.status_code != 200:
                    sys.exit(f"{page} answered {response.status_code}: {response.text[:500]}")
                sizes.add(len(response.json()["results"]))
                if number >= WARM_UP:
                    times[page].append(seconds)
    if response.json()["next"] is not None or len(sizes) != 1:
        sys.exit("The last page is not the last, or not as full as the first.")
    return times


def count_queries(address: str, headers: dict[str, str]) -> int:
    browser = Client(headers={"cookie": headers["Cookie"]})
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(address)
    if response.status_code != 200:
        sys.exit(f"{address} answered {response.status_code}.")
    return len(queries)


def show(*rows: Seen) -> None:
    table = Table(title=f"GET {ADDRESS}")
    for column in ("published listings", "queries", "first page", "last page", "last / first"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            f"{row.listings:,}",
            f"{row.queries_of_first} / {row.queries_of_last}",
            f"{row.seconds_of_first * 1000:.1f} ms",
            f"{row.seconds_of_last * 1000:.1f} ms",
            f"{row.ratio:.2f}",
        )
    console.print(table)


def judge(few: Seen, many: Seen) -> int:
    """Say whether the promise is kept, as an exit status."""
    counts = {few.queries_of_first, few.queries_of_last, many.queries_of_first, many.queries_of_last}
    if len(counts) > 1:
        console.print("More rows, or later pages, cost other numbers of queries.")
        return 1
    if many.ratio > TOLERANCE:
        console.print("The last page takes over a fifth longer than the first.")
        return 1
    console.print("Kept: as many queries, and the last page is as fast as the first.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
