"""The pages of the mail catcher."""

from csp import constants as csp
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from devtools.mails import mailbox
from devtools.mails.mailbox import Mail


@never_cache
@require_safe
def show_all(request: HttpRequest) -> HttpResponse:
    return render(request, "mails/list.html", {"mails": list(mailbox.newest_first())})


@never_cache
@require_safe
def show(request: HttpRequest, name: str) -> HttpResponse:
    mail = wanted(name)
    context = {"mail": mail, "text": mail.content("plain"), "html": mail.content("html")}
    return render(request, "mails/mail.html", context)


# As a mail reader shows it: nothing runs, nothing is loaded, and only our own page may frame it.
@csp_replace(  # type: ignore[arg-type]  # its types know no view with an argument
    {
        "default-src": [csp.NONE],
        "style-src": [csp.UNSAFE_INLINE],
        "img-src": ["data:"],
        "frame-ancestors": [csp.SELF],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
    }
)
@xframe_options_sameorigin
@never_cache
@require_safe
def show_html(request: HttpRequest, name: str) -> HttpResponse:
    html = wanted(name).content("html")
    # A link opens a page of its own: those of the project refuse to be framed.
    return HttpResponse(html.replace("<head>", '<head><base target="_blank">', 1))


def wanted(name: str) -> Mail:
    if mail := mailbox.find(name):
        return mail
    raise Http404
