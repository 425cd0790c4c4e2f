"""Rows for ``tests/test_query_counts.py``."""

from knox.models import AuthToken

from apps.users.models import User


def sign_ins(user: User, count: int) -> dict[str, object]:
    for _ in range(count):
        AuthToken.objects.create(user=user)
    return {}


ROWS = {"v1:sign-in-list": sign_ins}
