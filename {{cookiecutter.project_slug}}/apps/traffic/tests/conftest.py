from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def _own_counts(settings: Settings) -> None:
    """Give each test counts of its own, on the Redis that they all share, and patience with it."""
    settings.TRAFFIC_KEY_PREFIX = f"test-{uuid4()}:"
    settings.TRAFFIC_PATIENCE_SECONDS = 5
