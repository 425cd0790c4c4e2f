"""Signing in as a client does."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.tests.factories import PASSWORD

SignIn = Callable[[User], APIClient]


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """Sign somebody in on one more device: a client that sends the new token."""

    def sign_in(user: User) -> APIClient:
        device = APIClient()
        answer = device.post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200, answer.json()
        device.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
        return device

    return sign_in
