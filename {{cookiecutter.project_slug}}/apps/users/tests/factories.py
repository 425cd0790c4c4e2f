from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.declarations import LazyFunction, Sequence
from factory.django import DjangoModelFactory

from apps.users.models import User

PASSWORD = "correct-horse-battery-staple"


class UserFactory(DjangoModelFactory[User]):
    """An active user with a verified address, whose password is ``PASSWORD``."""

    class Meta:
        model = User

    email = Sequence(lambda number: f"person{number}@example.com")
    name = "Ada Lovelace"
    password = LazyFunction(lambda: make_password(PASSWORD))
    email_verified_at = LazyFunction(timezone.now)
