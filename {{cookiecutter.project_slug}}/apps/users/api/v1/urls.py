from django.urls import path

from apps.users.api.v1 import views

urlpatterns = [
    path("users/me/", views.ProfileView.as_view(), name="profile"),
]
