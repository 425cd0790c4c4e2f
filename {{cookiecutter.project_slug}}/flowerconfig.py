"""Read by ``celery -A config flower``: Flower starts behind a sign-in, or not at all.

By itself it shows every visitor the arguments of every task, and lets her stop workers.
"""

import sys
from http import HTTPStatus

from flower.views.monitor import Metrics
from tornado.options import options
from tornado.web import HTTPError

if not (options.auth or any(options.basic_auth or [])):
    sys.exit(
        "Flower does not start without a sign-in. Set FLOWER_BASIC_AUTH to user:password, the password with "
        "12 characters or more; on your own machine in .env ."
    )

# Tornado takes the names of its options from here. Reached from elsewhere only where that was asked for.
address = options.address or "127.0.0.1"


def require_sign_in(handler: Metrics) -> None:
    """Close what Flower leaves open: its metrics name workers and tasks."""
    if not handler.current_user:
        raise HTTPError(HTTPStatus.UNAUTHORIZED)


Metrics.prepare = require_sign_in
