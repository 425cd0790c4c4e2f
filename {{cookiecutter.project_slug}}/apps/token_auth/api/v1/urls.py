from django.urls import path

from apps.token_auth.api.v1 import views

urlpatterns = [
    path("auth/token/", views.SignInView.as_view(), name="sign-in"),
    path("auth/tokens/", views.SignInListView.as_view(), name="sign-in-list"),
    path("auth/tokens/<slug:id>/", views.SignInDetailView.as_view(), name="sign-in-detail"),
    path("auth/sign-out/", views.SignOutView.as_view(), name="sign-out"),
    path("auth/sign-out/all/", views.SignOutEverywhereView.as_view(), name="sign-out-everywhere"),
]
