"""The site as a server runs it: gunicorn, production's settings, collected static files."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import processes

HOST, HTTPS = processes.HOST, processes.THROUGH_PROXY


@pytest.fixture(scope="module", autouse=True)
def _collected_static_files() -> None:
    """Collect the static files as an image build does: without secrets, database or Redis."""
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings.build"}
    result = processes.run_python("manage.py", "collectstatic", "--noinput", environment=environment)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("production") / "gunicorn.log"


@pytest.fixture(scope="module")
def site(django_db_setup: None, log: Path) -> Iterator[httpx.Client]:
    """A client of the running site; it does not follow redirects."""
    with processes.site(processes.production_environment(), log=log) as client:
        yield client


@pytest.mark.lesson("static-not-served")
def test_admin_is_served_with_its_style_sheet(site: httpx.Client) -> None:
    page = site.get("/admin/login/", headers=HTTPS)
    style_sheet = re.search(r'href="(/static/admin/css/base\.[0-9a-f]{12}\.css)"', page.text)
    assert page.status_code == 200
    assert style_sheet is not None

    response = site.get(style_sheet[1], headers={**HTTPS, "Accept-Encoding": "br"})

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/css")
    assert response.headers["Content-Encoding"] == "br"
    assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize("page", ["/api/docs/v1/", "/api/redoc/v1/"])
def test_api_pages_take_every_script_from_the_site_itself(site: httpx.Client, page: str) -> None:
    response = site.get(page, headers=HTTPS)

    assert response.status_code == 200
    assert re.findall(r'(?:src|href)="(?:https?:)?//', response.text) == []
    scripts = re.findall(r'<script src="(/static/[^"]+)"', response.text)
    assert [site.get(script, headers=HTTPS).status_code for script in scripts] == [200] * len(scripts)
    assert scripts != []
    assert "script-src" not in response.headers["Content-Security-Policy"]


def test_icon_is_found_where_browsers_look_for_it(site: httpx.Client) -> None:
    redirect = site.get("/favicon.ico", headers=HTTPS)
    assert (redirect.status_code, redirect.headers["Location"][:20]) == (302, "/static/core/favicon")

    response = site.get(redirect.headers["Location"], headers=HTTPS)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/svg+xml")


def test_plain_http_is_redirected_and_https_is_not(site: httpx.Client) -> None:
    redirect = site.get("/api/v1/users/me/", headers={"Host": HOST})
    assert (redirect.status_code, redirect.headers["Location"]) == (301, f"https://{HOST}/api/v1/users/me/")

    assert site.get("/api/v1/users/me/", headers=HTTPS).status_code == 401


def test_security_headers_are_sent(site: httpx.Client) -> None:
    headers = site.get("/admin/login/", headers=HTTPS).headers

    assert headers["Strict-Transport-Security"] == "max-age=3600; includeSubDomains; preload"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "Secure" in headers["Set-Cookie"]


@pytest.mark.lesson("allowed-hosts")
def test_foreign_host_is_refused_and_probes_are_not(site: httpx.Client) -> None:
    statuses = [
        site.get(path, headers={"Host": "10.42.0.17:8000"}).status_code
        for path in ("/admin/login/", "/health/live", "/health/ready")
    ]
    # The redirect to HTTPS needs the host, too; it is refused before.
    assert statuses == [400, 200, 200]


def test_each_request_is_logged_as_json_with_the_id_of_its_response(site: httpx.Client, log: Path) -> None:
    response = site.get("/api/v1/users/me/?token=hush", headers={**HTTPS, "X-Request-ID": "from-the-proxy"})
    assert response.headers["X-Request-ID"] == "from-the-proxy"

    processes.wait_until(lambda: finished_with("from-the-proxy", log), log=log)
    assert [(record["code"], record["request"]) for record in finished_with("from-the-proxy", log)] == [
        (401, "GET /api/v1/users/me/")
    ]
    assert "hush" not in log.read_text()


def finished_with(request_id: str, log: Path) -> list[dict[str, Any]]:
    """The records of finished requests that have this id."""
    # The last line may be half written.
    lines = log.read_text().splitlines(keepends=True)
    records = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]
    return [
        record
        for record in records
        if (record["message"], record.get("request_id")) == ("request_finished", request_id)
    ]
