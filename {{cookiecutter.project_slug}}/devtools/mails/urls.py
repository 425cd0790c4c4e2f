"""The addresses of the mail catcher, below ``/mails/``."""

from django.urls import path

from devtools.mails import views

app_name = "mails"
urlpatterns = [
    path("", views.show_all, name="all"),
    path("<str:name>/", views.show, name="one"),
    path("<str:name>/html/", views.show_html, name="html"),
]
