from rest_framework import serializers

from apps.users.models import User

EMAIL_LENGTH = 254


class PasswordField(serializers.CharField):
    """A password as it was typed: spaces at its ends are part of it."""

    def __init__(self, **options: object) -> None:
        # No hasher needs to read a megabyte.
        limits = {"max_length": 256, "trim_whitespace": False, "write_only": True}
        super().__init__(style={"input_type": "password"}, **{**limits, **options})  # type: ignore[arg-type]


class ProfileSerializer(serializers.ModelSerializer[User]):
    """What people see and change of their own account."""

    # Declared here, for the model's field would tell whether another account has the address.
    email = serializers.EmailField(
        max_length=EMAIL_LENGTH,
        required=False,
        help_text="A new address takes effect when the link that is sent to it was opened; until then "
        "the present one is shown. Needs `current_password`.",
    )
    current_password = PasswordField(required=False, help_text="Needed to change `email`.")

    class Meta:
        model = User
        fields = ("id", "email", "name", "date_joined", "current_password")
        read_only_fields = ("id", "date_joined")


class SignUpSerializer(serializers.Serializer[User]):
    email = serializers.EmailField(max_length=EMAIL_LENGTH)
    password = PasswordField()
    name = serializers.CharField(max_length=150, required=False, allow_blank=True)


class EmailSerializer(serializers.Serializer[User]):
    email = serializers.EmailField(max_length=EMAIL_LENGTH)


class CredentialsSerializer(serializers.Serializer[User]):
    """What a person signs in with."""

    email = serializers.EmailField(max_length=EMAIL_LENGTH)
    password = PasswordField()


class VerifyEmailSerializer(serializers.Serializer[User]):
    token = serializers.CharField(max_length=1000, help_text="From the link in the e-mail.")


class PasswordResetSerializer(serializers.Serializer[User]):
    token = serializers.CharField(max_length=1000, help_text="From the link in the e-mail.")
    new_password = PasswordField()


class PasswordChangeSerializer(serializers.Serializer[User]):
    current_password = PasswordField()
    new_password = PasswordField()


class NoticeSerializer(serializers.Serializer[None]):
    """What happens next, in words."""

    detail = serializers.CharField()
