"""The pages behind the links in e-mails, for projects without a front end.

Opening a link changes nothing: mail scanners and previews open links too. A button does it.
"""

from http import HTTPStatus
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.users import services
from apps.users.errors import InvalidLink


class TokenForm(forms.Form):
    token = forms.CharField(widget=forms.HiddenInput, max_length=1000)


class NewPasswordForm(TokenForm):
    new_password = forms.CharField(
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )


@method_decorator(never_cache, name="dispatch")
@method_decorator(sensitive_post_parameters("new_password", "token"), name="dispatch")
class LinkPage(View):
    """A form that carries the token of a link; what it does is up to the subclass."""

    title: str
    button: str
    done: str
    form_class: type[TokenForm] = TokenForm

    def get(self, request: HttpRequest) -> HttpResponse:
        form = self.form_class(initial={"token": request.GET.get("token", "")})
        return self.show(form=form)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self.show(form=form, status=HTTPStatus.BAD_REQUEST)
        try:
            self.act(**form.cleaned_data)
        except InvalidLink as refusal:
            return self.show(message=refusal.detail, status=HTTPStatus.BAD_REQUEST)
        except ValidationError as refusal:
            form.add_error(None, ValidationError({**refusal.message_dict}))
            return self.show(form=form, status=HTTPStatus.BAD_REQUEST)
        return self.show(message=self.done)

    def show(
        self, *, form: TokenForm | None = None, message: str = "", status: int = HTTPStatus.OK
    ) -> HttpResponse:
        context = {"title": self.title, "button": self.button, "form": form, "message": message}
        return render(self.request, "users/link_page.html", context, status=status)

    def act(self, **data: Any) -> None:
        raise NotImplementedError


class VerifyEmailPage(LinkPage):
    title = "Verify your e-mail address"
    button = "Verify this address"
    done = "Your address is verified: you can sign in now."

    def act(self, **data: Any) -> None:
        services.verify_email(**data)


class ResetPasswordPage(LinkPage):
    title = "Choose a new password"
    button = "Use this password"
    done = "Your password was changed: sign in with the new one."
    form_class = NewPasswordForm

    def act(self, **data: Any) -> None:
        services.reset_password(**data)
