import pytest
from django.core.checks import Tags, run_checks
from django.db import IntegrityError, connection
from pytest_django.fixtures import Settings

from apps.core.database.refusals import constraint_of
from apps.users.models import User
from apps.users.signals import credentials_changed
from apps.users.tests.factories import PASSWORD


@pytest.mark.django_db
def test_email_is_stored_in_lower_case() -> None:
    user = User.objects.create_user("Ada@Example.COM")

    assert user.email == "ada@example.com"
    assert User.objects.values_list("email", flat=True).get() == "ada@example.com"


@pytest.mark.django_db
def test_user_is_found_whatever_the_case_of_the_address() -> None:
    user = User.objects.create_user("ada@example.com")

    assert User.objects.get_by_natural_key("ADA@example.com") == user


@pytest.mark.django_db
def test_database_refuses_two_addresses_that_differ_in_case_only() -> None:
    User.objects.create_user("ada@example.com")

    with pytest.raises(IntegrityError) as refused:
        User.objects.create_user("ADA@example.com")

    assert "email" in str(constraint_of(refused.value))


@pytest.mark.django_db
def test_database_refuses_upper_case_from_raw_sql_too() -> None:
    user = User.objects.create_user("ada@example.com")

    with pytest.raises(IntegrityError, match="user_email_is_lower_case"), connection.cursor() as cursor:
        cursor.execute("UPDATE users_user SET email = 'ADA@example.com' WHERE id = %s", [user.pk])


def test_user_without_address_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an e-mail address"):
        User.objects.create_user("")


@pytest.mark.django_db
def test_user_without_password_cannot_sign_in_with_one() -> None:
    assert User.objects.create_user("ada@example.com").has_usable_password() is False


@pytest.mark.django_db
def test_superuser_may_do_everything() -> None:
    user = User.objects.create_superuser("root@example.com", "a-long-password")

    assert (user.is_staff, user.is_superuser) == (True, True)


def test_user_reads_as_the_address() -> None:
    assert str(User(email="ada@example.com")) == "ada@example.com"


def test_back_end_that_ignores_verification_is_refused(settings: Settings) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]

    assert [complaint.id for complaint in run_checks(tags=[Tags.security])] == ["core.E063"]


@pytest.mark.django_db
def test_password_that_is_hashed_anew_is_no_new_password(user: User, settings: Settings) -> None:
    announced: list[User] = []

    def remember(sender: object, user: User, **_kwargs: object) -> None:
        announced.append(user)

    credentials_changed.connect(remember)
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert user.check_password(PASSWORD)
    credentials_changed.disconnect(remember)

    assert user.password.startswith("pbkdf2_sha256$")
    assert announced == []
