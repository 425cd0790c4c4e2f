from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from apps.users.fields import LowercaseEmailField
from apps.users.signals import credentials_changed


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an ordinary user; without a password, one who cannot sign in with one.

        Raises:
            ValueError: The e-mail address is empty.
        """
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything, in the admin too, and at once.

        Whoever can call this vouches for the address: a link would only delay the first sign-in.
        """
        fields.setdefault("email_verified_at", timezone.now())
        return self.create_user(email, password, **fields, is_staff=True, is_superuser=True)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address.

    A model of our own from the first migration on: replacing Django's user later means rewriting
    the history of every table that points at it.
    """

    email = LowercaseEmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(
        default=True, help_text="Switch off instead of deleting an account that has a history."
    )
    is_staff = models.BooleanField(default=False, help_text="May sign in to the admin.")
    email_verified_at = models.DateTimeField(
        "e-mail address verified at",
        null=True,
        blank=True,
        help_text="When somebody proved to read this mailbox. Without it, nobody can sign in.",
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    # Django's own: what set_password() was given, until it is saved.
    _password: str | None

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            # With unique=True this makes addresses unique whatever their case, even for raw SQL.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case")
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def may_sign_in(self) -> bool:
        """Whether any door, with whatever proof, is open to this account."""
        return self.is_active and self.email_verified_at is not None

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new password of an existing account is announced by ``credentials_changed``.

        Here rather than in a service, so that the admin and ``manage.py changepassword`` announce it
        too. A password that is only hashed anew, by a better hasher, is no new password.
        """
        has_new_password = self._password is not None and not self._state.adding
        super().save(*args, **kwargs)
        if has_new_password:
            credentials_changed.send(sender=User, user=self)
