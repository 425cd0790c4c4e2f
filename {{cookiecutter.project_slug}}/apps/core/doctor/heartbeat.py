"""The sign of life that the scheduler leaves in the cache.

Beat answers nobody: unlike a worker it cannot be pinged, and what it stores in the database
(``PeriodicTask.last_run_at``) moves only when a task is due, which here may take a day. So its
scheduler (``apps.background.scheduler``) leaves a sign at every turn, at least every five seconds.
In the cache, because a lost sign costs nothing: the next one is on its way.
"""

from django.core.cache import cache

KEY = "beat-heartbeat"
KEPT_SECONDS = 24 * 60 * 60
# Six turns of the scheduler.
ALIVE_SECONDS = 30
# Two turns: one that was replaced by another a moment ago is not taken for a second one.
BEATING_SECONDS = 10


def leave_sign(beat: str, *, now: float) -> None:
    """Say that the scheduler ``beat`` is at work."""
    signs = {name: moment for name, moment in read_signs().items() if now - moment < KEPT_SECONDS}
    cache.set(KEY, {**signs, beat: now}, timeout=KEPT_SECONDS)


def withdraw_sign(beat: str) -> None:
    """Say that the scheduler ``beat`` has stopped."""
    signs = {name: moment for name, moment in read_signs().items() if name != beat}
    cache.set(KEY, signs, timeout=KEPT_SECONDS)


def read_signs() -> dict[str, float]:
    """When each scheduler was last at work, by its name."""
    signs: dict[str, float] = cache.get(KEY) or {}
    return signs
