"""Whether somebody knows the password of an account."""

from apps.users.models import User


def owner_of(*, email: str, password: str) -> User | None:
    """Return the account with this address and password, whether or not it may sign in.

    An unknown address costs one hash, as a wrong password does: the time that an answer takes must
    not tell which addresses have an account.
    """
    user = User.objects.filter(email=email).first()
    if user is None:
        User().set_password(password)
        return None
    return user if user.check_password(password) else None
