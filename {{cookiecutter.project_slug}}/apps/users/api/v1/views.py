from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from apps.core.api.throttling import AccountThrottle, AddressThrottle, ScopedThrottle
from apps.users import services
from apps.users.api.open import OpenView
from apps.users.api.v1 import serializers
from apps.users.models import User

SIGN_UP_NOTICE = "Open the link in the e-mail that was sent to this address."
RESEND_NOTICE = "If an account with this address waits for it, the link is on its way."
RESET_NOTICE = "If there is an account with this address, a link is on its way."


class FormView(generics.GenericAPIView[Any]):
    """Takes one validated form."""

    def read(self, request: Request) -> dict[str, Any]:
        """Return the valid fields of the body, or answer what is wrong with them."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return cast("dict[str, Any]", form.validated_data)


class OpenFormView(OpenView, FormView):
    """Takes one validated form from anybody; asking too often is refused."""

    throttle_classes = (AddressThrottle, AccountThrottle)


class MailingView(OpenFormView):
    """Answers once the e-mail that was asked for is in the task queue."""

    documented_errors = {"POST": [503]}


@extend_schema(tags=["auth"])
class SignUpView(MailingView):
    """Make an account.

    The answer is the same whether or not the address has an account already; the e-mail is not.
    """

    serializer_class = serializers.SignUpSerializer
    throttle_scope = "sign_up"

    @extend_schema(responses={202: serializers.NoticeSerializer})
    def post(self, request: Request) -> Response:
        services.sign_up(**self.read(request))
        return Response({"detail": SIGN_UP_NOTICE}, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["auth"])
class VerifyEmailView(OpenFormView):
    """Verify an address, with the token of the link that was sent to it."""

    serializer_class = serializers.VerifyEmailSerializer
    throttle_scope = "account_link"

    @extend_schema(responses={204: None})
    def post(self, request: Request) -> Response:
        services.verify_email(**self.read(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["auth"])
class ResendVerificationView(MailingView):
    """Send the link once more."""

    serializer_class = serializers.EmailSerializer
    throttle_scope = "verify_email"

    @extend_schema(responses={202: serializers.NoticeSerializer})
    def post(self, request: Request) -> Response:
        services.request_verification(**self.read(request))
        return Response({"detail": RESEND_NOTICE}, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["auth"])
class PasswordChangeView(FormView):
    """Change the password. Every session and token of the account ends, this one too."""

    serializer_class = serializers.PasswordChangeSerializer
    # Whoever stole a token must not guess the password here.
    throttle_classes = (AddressThrottle, ScopedThrottle)
    throttle_scope = "sign_in"

    @extend_schema(responses={204: None})
    def post(self, request: Request) -> Response:
        services.change_password(user=cast(User, request.user), **self.read(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["auth"])
class PasswordResetView(MailingView):
    """Ask for a link to choose a new password."""

    serializer_class = serializers.EmailSerializer
    throttle_scope = "password_reset"

    @extend_schema(responses={202: serializers.NoticeSerializer})
    def post(self, request: Request) -> Response:
        services.request_password_reset(**self.read(request))
        return Response({"detail": RESET_NOTICE}, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["auth"])
class PasswordResetConfirmView(OpenFormView):
    """Choose a new password, with the token of the link. Every session and token of the account ends."""

    serializer_class = serializers.PasswordResetSerializer
    throttle_scope = "account_link"

    @extend_schema(responses={204: None})
    def post(self, request: Request) -> Response:
        services.reset_password(**self.read(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["users"])
class ProfileView(generics.RetrieveUpdateAPIView[User]):
    """The account of whoever asks."""

    serializer_class = serializers.ProfileSerializer
    # A new address gets a link.
    documented_errors = {"PUT": [503], "PATCH": [503]}

    @property
    def throttle_scope(self) -> str | None:
        """A new address takes the password, which is not to be guessed here either."""
        fields = self.request.data
        return "sign_in" if isinstance(fields, dict) and "current_password" in fields else None

    def get_object(self) -> User:
        return cast(User, self.request.user)

    def perform_update(self, serializer: BaseSerializer[User]) -> None:
        services.update_profile(user=self.get_object(), **serializer.validated_data)
