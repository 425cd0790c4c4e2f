from django.urls import path

from apps.users.api.v1 import views

urlpatterns = [
    path("auth/token/", views.TokenView.as_view(), name="token"),
    path("users/me/", views.ProfileView.as_view(), name="profile"),
]
