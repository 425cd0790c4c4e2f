"""Throttles that count exactly, in the cache that all processes share.

REST framework reads a list of moments, and writes it back one longer: requests that arrive together
read the same list, and all of them pass. Here each request adds one to a number, which Redis does for
one after the other.

A throttle counts per window of its period, 60 seconds for ``10/min``, and adds that part of the last
window's count that a period looking back from now still covers. So nobody gets twice the rate where
two windows meet. https://www.django-rest-framework.org/api-guide/throttling/
"""

import hashlib
from typing import TYPE_CHECKING, Any, cast

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import (
    AnonRateThrottle,
    BaseThrottle,
    ScopedRateThrottle,
    SimpleRateThrottle,
    UserRateThrottle,
)

from apps.core.addresses import client_network

if TYPE_CHECKING:
    # At run time it would be a circle: this module imports the throttles that the settings name.
    from rest_framework.views import APIView


class CountingThrottle(SimpleRateThrottle):
    """Base of the throttles: the counting, and who is counted by address."""

    # Of the rate: how many requests in how many seconds.
    num_requests: int | None
    duration: int | None

    def get_rate(self) -> str | None:
        # Asked each time, so that settings changed for a test count at once.
        self.THROTTLE_RATES: Any = api_settings.DEFAULT_THROTTLE_RATES
        return super().get_rate()

    def get_ident(self, request: Request) -> str:
        """Return the address, or for IPv6 the network, behind our own proxies."""
        return client_network(request)

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if self.rate is None:
            return True
        key = self.get_cache_key(request, view)
        if key is None:
            return True
        limit, period = cast(int, self.num_requests), cast(int, self.duration)
        self.now = self.timer()
        window, passed = divmod(self.now, period)
        # The number of the window in the key means that no counter has to expire while it is used.
        present, last = f"{key}:{window:.0f}", f"{key}:{window - 1:.0f}"
        self.last_count: int = self.cache.get(last, 0)
        self.cache.add(present, 0, 2 * period)
        self.count: int = self.cache.incr(present)
        if self.count + self.last_count * (1 - passed / period) <= limit:
            return True
        # A refused request takes no place. For a moment it did: others may be refused, never let through.
        self.count = self.cache.decr(present)
        return False

    def wait(self) -> float:
        """Return the seconds until the next request passes, if no other comes between."""
        limit, period = cast(int, self.num_requests), cast(int, self.duration)
        passed = self.now % period
        if self.count < limit:
            # Enough of the last window has to go by.
            return period * (1 - (limit - 1 - self.count) / max(self.last_count, 1)) - passed
        return period - passed + period * (1 - max(limit - 1, 0) / max(self.count, 1))


class AnonThrottle(AnonRateThrottle, CountingThrottle):
    """Rate ``anon``: whoever is not signed in, by address."""


class UserThrottle(UserRateThrottle, CountingThrottle):
    """Rate ``user``: whoever is signed in, by account, from however many addresses."""

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        # AnonThrottle counts the others.
        return super().get_cache_key(request, view) if request.user.is_authenticated else None


class ScopedThrottle(ScopedRateThrottle, CountingThrottle):
    """The rate named by the view's ``throttle_scope``: by account, or by address before sign-in."""


class AddressThrottle(ScopedThrottle):
    """The rate named by the view's ``throttle_scope``, by address: one client and many accounts."""

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        return self.cache_format % {"scope": self.scope, "ident": f"address:{self.get_ident(request)}"}


class AccountThrottle(ScopedThrottle):
    """The rate named by the view's ``throttle_scope``, by account: many clients and one account.

    The account is the e-mail address in the request's body, whether or not it exists: refusals tell
    nobody who has an account. Only a digest of it is stored.
    """

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        account = self.account_of(request.data)
        if account is None:
            return None
        digest = hashlib.sha256(account.encode(errors="replace")).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": f"account:{digest}"}

    def account_of(self, data: Any) -> str | None:
        """Return the account that the request is about; None leaves it to the view to refuse it."""
        email = data.get("email") if hasattr(data, "get") else None
        return email.strip().lower() if isinstance(email, str) else None


class CountedWrites:
    """Mixin, to the left of the view's base class: every POST counts against the rate ``writes``.

    Reading does not.
    """

    request: Any
    throttle_scope: str | None = None

    def get_throttles(self) -> list[BaseThrottle]:
        self.throttle_scope = "writes" if self.request.method == "POST" else None
        return super().get_throttles()  # type: ignore[misc,no-any-return]
