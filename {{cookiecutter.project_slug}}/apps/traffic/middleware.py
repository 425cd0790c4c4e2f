"""Count the requests of each address."""

import time
from collections.abc import Awaitable, Callable

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from redis import RedisError

from apps.core.addresses import client_network
from apps.traffic.counters import count_request

PAUSE_SECONDS = 10

logger = structlog.get_logger(__name__)


class TrafficMiddleware:
    """Counts each request, whatever its answer, and never stands in its way.

    When Redis is down or slow, one request waits for it for a moment; the next ones are not counted
    until the pause is over. An IPv6 address counts for its /64 network, in which a client takes
    whatever address it likes.
    """

    sync_capable = True
    async_capable = True

    def __init__(
        self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
    ) -> None:
        self.get_response = get_response
        self.paused_until = 0.0
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.count_and_respond(request)
        self.count(request)
        return self.get_response(request)

    async def count_and_respond(self, request: HttpRequest) -> HttpResponseBase:
        # In a thread of its own: waiting for Redis must not stop the other requests of this loop.
        await sync_to_async(self.count, thread_sensitive=False)(request)
        response = self.get_response(request)
        return await response if isinstance(response, Awaitable) else response

    def count(self, request: HttpRequest) -> None:
        address = client_network(request)
        if not address or time.monotonic() < self.paused_until:
            return
        try:
            count_request(address=address, path=request.path_info, now=timezone.now())
        except RedisError as error:
            self.paused_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("requests_not_counted", error=type(error).__name__, pause_seconds=PAUSE_SECONDS)
