from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.users import services, tasks
from apps.users.models import User


def test_unchanged_address_is_not_announced(
    user: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        services.update_profile(user=user, email=user.email.upper(), name="Grace")

    assert callbacks == []


def test_notice_goes_to_the_old_address_and_names_the_new_one(user: User) -> None:
    tasks.send_email_changed_notice(user_id=user.pk, old_email="old@example.com")

    message = mail.outbox[0]
    assert message.to == ["old@example.com"]
    assert f"The account old@example.com now uses the address {user.email}." in message.body


@pytest.mark.django_db
def test_notice_about_a_deleted_account_fails_by_name() -> None:
    with pytest.raises(User.DoesNotExist):
        services.send_email_changed_notice(user_id=0, old_email="old@example.com")


@pytest.mark.django_db
def test_clean_up_deletes_expired_sessions_and_keeps_the_others() -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(days=1))

    tasks.clear_expired_sessions()

    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
