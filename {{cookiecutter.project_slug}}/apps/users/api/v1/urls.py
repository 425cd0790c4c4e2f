from django.urls import path

from apps.users.api.v1 import views

urlpatterns = [
    path("auth/sign-up/", views.SignUpView.as_view(), name="sign-up"),
    path("auth/verify-email/", views.VerifyEmailView.as_view(), name="verify-email"),
    path("auth/verify-email/resend/", views.ResendVerificationView.as_view(), name="resend-verification"),
    path("auth/password/change/", views.PasswordChangeView.as_view(), name="change-password"),
    path("auth/password/reset/", views.PasswordResetView.as_view(), name="request-password-reset"),
    path(
        "auth/password/reset/confirm/",
        views.PasswordResetConfirmView.as_view(),
        name="confirm-password-reset",
    ),
    path("users/me/", views.ProfileView.as_view(), name="profile"),
]
