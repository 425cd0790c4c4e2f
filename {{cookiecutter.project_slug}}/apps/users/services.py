"""What can be done to accounts.

Signing up, asking for a link and choosing a new password answer alike for known and unknown
addresses, in the same time: only the mailbox's owner learns whether there is an account.
"""

from django.contrib.auth import user_logged_in, user_login_failed
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.background.outbox import enqueue_durably
from apps.core.queue import enqueue_on_commit
from apps.users import links, mails
from apps.users.credentials import owner_of
from apps.users.errors import EmailNotVerified, InvalidCredentials, InvalidLink
from apps.users.models import User
from apps.users.signals import credentials_changed


def sign_up(*, email: str, password: str, name: str = "") -> None:
    """Make an account that can sign in once its address is verified.

    If there is one already, nothing changes, and its owner gets a mail that says so. Either way the
    password is hashed, a row is inserted or refused, and one mail is sent.

    Raises:
        ValidationError: The password is too weak, by ``"password"``.
    """
    _require_good_password("password", password, User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError:
        enqueue_on_commit("users.send_account_exists", email=email)
    else:
        enqueue_on_commit("users.send_verification", user_id=user.pk)


def sign_in(*, email: str, password: str, request: HttpRequest | None = None) -> User:
    """Return the account with this address and password.

    Args:
        email: Any spelling of upper and lower case.
        password: As it was typed.
        request: For the receivers of Django's signals about sign-ins.

    Raises:
        InvalidCredentials: Wrong password, unknown address or deactivated account.
        EmailNotVerified: The password is right, but the address was never verified.
    """
    user = owner_of(email=email, password=password)
    if user is None or not user.is_active:
        user_login_failed.send(sender=__name__, credentials={"username": email}, request=request)
        raise InvalidCredentials
    if not user.may_sign_in:
        raise EmailNotVerified
    user_logged_in.send(sender=User, request=request, user=user)
    return user


def request_verification(*, email: str) -> None:
    """Send the link again, if there is an account that waits for it."""
    # The worker looks for the account, so that asking takes the same time for any address.
    enqueue_on_commit("users.resend_verification", email=email)


@transaction.atomic
def verify_email(*, token: str) -> User:
    """Let the account of a link use the address that the link was sent to.

    Raises:
        InvalidLink: The token is of no use, or the address went to another account meanwhile.
    """
    user, email = links.read_token(links.VERIFY_EMAIL, token)
    old_email = user.email
    user.email = email
    user.email_verified_at = timezone.now()
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_verified_at"])
    except IntegrityError:
        raise InvalidLink from None
    if email != old_email:
        enqueue_durably("users.send_email_changed_notice", user_id=user.pk, old_email=old_email)
    return user


@transaction.atomic
def change_password(*, user: User, current_password: str, new_password: str) -> None:
    """Set a new password; every session and token of the account ends.

    Raises:
        ValidationError: By ``"current_password"`` or ``"new_password"``.
    """
    _require_current_password(user, current_password)
    _set_password(user, new_password)


def request_password_reset(*, email: str) -> None:
    """Send a link to choose a new password, if there is an active account."""
    enqueue_on_commit("users.send_password_reset", email=email)


@transaction.atomic
def reset_password(*, token: str, new_password: str) -> User:
    """Set the password of the account of a link; every session and token of the account ends.

    Whoever has the link reads the mailbox, so the address counts as verified from now on.

    Raises:
        InvalidLink: The token is of no use.
        ValidationError: The password is too weak, by ``"new_password"``; the link still works.
    """
    user, _ = links.read_token(links.RESET_PASSWORD, token)
    user.email_verified_at = user.email_verified_at or timezone.now()
    _set_password(user, new_password)
    return user


@transaction.atomic
def update_profile(
    *, user: User, name: str | None = None, email: str | None = None, current_password: str = ""
) -> User:
    """Change the given fields; a new e-mail address only when the link sent to it was opened.

    Whoever holds the address can choose a new password. So changing it takes the password: a stolen
    token, or an app that was allowed to write, must not be enough to take the account over.

    Raises:
        ValidationError: The address is to change and ``"current_password"`` is not the password.
    """
    if name is not None:
        user.name = name
        user.save(update_fields=["name"])
    if email is not None and email.lower() != user.email:
        _require_current_password(user, current_password)
        enqueue_on_commit("users.send_verification_of_new_email", user_id=user.pk, new_email=email)
    return user


@transaction.atomic
def deactivate(*, user: User) -> None:
    """Close every door to an account and keep its history."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    credentials_changed.send(sender=User, user=user)


def send_verification(*, user_id: int) -> None:
    """Mail the link that verifies the address, unless that was done meanwhile."""
    user = User.objects.get(pk=user_id)
    if user.email_verified_at is None:
        _send_verification(user, user.email)


def resend_verification(*, email: str) -> None:
    """Mail the link again to an account that waits for it; nothing to anybody else."""
    user = User.objects.filter(email=email, is_active=True, email_verified_at=None).first()
    if user:
        _send_verification(user, user.email)


def send_verification_of_new_email(*, user_id: int, new_email: str) -> None:
    """Mail a link to the new address; if it has an account already, tell that one instead."""
    user = User.objects.get(pk=user_id)
    if User.objects.filter(email=new_email).exists():
        mails.send_address_taken(email=new_email)
    else:
        _send_verification(user, new_email)


def send_account_exists(*, email: str) -> None:
    """Tell the owner of an account that somebody signed up with its address."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user:
        mails.send_account_exists(email=user.email, link=_reset_link(user))


def send_password_reset(*, email: str) -> None:
    """Mail the link to choose a new password, if there is an active account."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user:
        mails.send_password_reset(email=user.email, link=_reset_link(user))


def send_password_changed_notice(*, user_id: int) -> None:
    """Tell the owner of the account; it might have been somebody else."""
    mails.send_password_changed(email=User.objects.get(pk=user_id).email)


def send_email_changed_notice(*, user_id: int, old_email: str) -> None:
    """Tell ``old_email`` that its account has moved to another address.

    The notice lets the owner of a taken-over account notice the theft.

    Raises:
        User.DoesNotExist: The account is gone.
    """
    user = User.objects.get(pk=user_id)
    mails.send_email_changed(old_email=old_email, new_email=user.email)


def clear_expired_sessions() -> None:
    """Delete the sessions that have expired; Django never does so by itself."""
    call_command("clearsessions")


def _send_verification(user: User, email: str) -> None:
    token = links.make_token(links.VERIFY_EMAIL, user, email=email)
    mails.send_verification(email=email, link=links.address(links.VERIFY_EMAIL, token))


def _reset_link(user: User) -> str:
    return links.address(links.RESET_PASSWORD, links.make_token(links.RESET_PASSWORD, user))


def _set_password(user: User, password: str) -> None:
    _require_good_password("new_password", password, user)
    user.set_password(password)
    # Saving announces credentials_changed; sessions end because they hold a hash of the old password.
    user.save(update_fields=["password", "email_verified_at"])
    # What warns of a theft must not be lost, nor may its failure tell the thief that nothing happened.
    enqueue_durably("users.send_password_changed_notice", user_id=user.pk)


def _require_current_password(user: User, password: str) -> None:
    if not user.check_password(password):
        refusal = ValidationError("This is not your current password.", code="wrong_password")
        raise ValidationError({"current_password": refusal})


def _require_good_password(field: str, password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({field: error.error_list}) from None
