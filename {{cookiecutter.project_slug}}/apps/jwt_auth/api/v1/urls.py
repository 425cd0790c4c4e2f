from django.urls import path

from apps.jwt_auth.api.v1 import views

urlpatterns = [
    path("auth/token/", views.SignInView.as_view(), name="token"),
    path("auth/token/refresh/", views.RefreshView.as_view(), name="refresh-token"),
    path("auth/sign-out/", views.SignOutView.as_view(), name="sign-out"),
]
