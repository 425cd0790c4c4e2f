"""Fixtures for every test, in the apps and in ``tests/``."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _own_corner_of_the_cache() -> None:
    """Give each test keys of its own: none is throttled for what another one asked."""
    cache.key_prefix = f"test-{uuid4()}"


@pytest.fixture
def user(db: None) -> User:
    return UserFactory.create()


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()


@pytest.fixture
def client_of_user(user: User) -> APIClient:
    """An API client that is signed in as ``user``."""
    client = APIClient()
    client.force_authenticate(user)
    return client
