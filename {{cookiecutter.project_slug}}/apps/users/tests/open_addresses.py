"""What an anonymous visitor may reach of this app; see tests/test_authentication.py."""

OPEN_TO_ANYBODY = {
    "account-reset-password",
    "account-verify-email",
    "v1:confirm-password-reset",
    "v1:request-password-reset",
    "v1:resend-verification",
    "v1:sign-up",
    "v1:verify-email",
}
