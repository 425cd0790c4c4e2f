"""The pages behind the links in e-mails; see ``apps/users/links.py``."""

from django.urls import path

from apps.users import pages

urlpatterns = [
    path("verify-email/", pages.VerifyEmailPage.as_view(), name="account-verify-email"),
    path("reset-password/", pages.ResetPasswordPage.as_view(), name="account-reset-password"),
]
