"""The database as the project meets it: the engine, what it refuses, and the address."""

import random
import string
from urllib.parse import quote

import dj_database_url
import pytest
from django.conf import settings
from django.db import DataError, connection

from apps.users.models import User
from config.database import SCHEMES
from config.urls_in_env import require_service_url

# No letter of it is a hexadecimal digit: %41 would be an "A" by right.
ALPHABET = string.punctuation + "xyz"
SCHEME = SCHEMES[0]


@pytest.mark.lesson("db-engine-parity")
@pytest.mark.django_db
def test_tests_run_on_the_engine_of_production() -> None:
    assert connection.settings_dict["ENGINE"] == settings.TESTED_ENGINE
    assert connection.vendor in settings.TESTED_ENGINE


@pytest.mark.lesson("db-engine-parity")
@pytest.mark.django_db
def test_value_that_is_too_long_is_refused_and_not_stored() -> None:
    with pytest.raises(DataError, match=r"(?i)too long for (type character varying\(150\)|column 'name')"):
        User.objects.create(email="long@example.com", name="x" * 200)


def random_passwords() -> list[str]:
    """The same five hundred each time, so that a failure can be repeated."""
    dice = random.Random(0)  # noqa: S311 - no secret
    return ["".join(dice.choices(ALPHABET, k=dice.randint(1, 12))) for _ in range(500)]


@pytest.mark.lesson("pg-url-encoding")
def test_escaped_password_arrives_whole_whatever_is_in_it() -> None:
    for password in random_passwords():
        url = f"{SCHEME}://app:{quote(password, safe='')}@db.example.com:5432/shop"
        parsed = dj_database_url.parse(require_service_url(url, schemes=SCHEMES, path=True))

        assert (parsed["HOST"], parsed["NAME"], parsed["PASSWORD"]) == ("db.example.com", "shop", password)


@pytest.mark.lesson("pg-url-encoding")
def test_password_that_is_not_escaped_arrives_whole_or_is_refused() -> None:
    refused = 0
    for password in random_passwords():
        url = f"{SCHEME}://app:{password}@db.example.com:5432/shop"
        try:
            accepted = require_service_url(url, schemes=SCHEMES, path=True)
        except ValueError:
            refused += 1
            continue
        parsed = dj_database_url.parse(accepted)

        assert (parsed["HOST"], parsed["NAME"], parsed["PASSWORD"]) == ("db.example.com", "shop", password)
    assert refused > 100
