"""Answer the health addresses before anything else looks at the request.

Probes address a process by IP and over plain HTTP. The host check would answer them 400 and the
SSL redirect 301, and the popular cure, ``ALLOWED_HOSTS = ["*"]``, opens the door for everyone.
"""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.core.health.probes import PROBES

LIVE_PATH = "/health/live"
READY_PATH = "/health/ready"

logger = structlog.get_logger(__name__)


class HealthMiddleware:
    """``/health/live`` asks whether the process answers, ``/health/ready`` whether it can work.

    Liveness touches nothing: a platform restarts what is not live, and restarting every process
    because the database is away helps nobody. Readiness answers 503 and names what failed; reasons
    may hold addresses or credentials, so they are logged, not sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == LIVE_PATH:
            return JsonResponse({"status": "ok"})
        if request.path == READY_PATH:
            return report_readiness()
        return self.get_response(request)


def report_readiness() -> JsonResponse:
    """Run every probe; 200 when all pass, else 503."""
    checks = {name: run_probe(name) for name in PROBES}
    ready = all(result == "ok" for result in checks.values())
    return JsonResponse(
        {"status": "ok" if ready else "failed", "checks": checks}, status=200 if ready else 503
    )


def run_probe(name: str) -> str:
    """Return ``"ok"``, or ``"failed"`` with the reason in the log."""
    try:
        PROBES[name]()
    except Exception as error:  # noqa: BLE001 - whatever a probe raises means the same: not ready
        logger.warning("health_probe_failed", probe=name, error=type(error).__name__)
        return "failed"
    return "ok"
