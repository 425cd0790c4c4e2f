"""Every kind of error that the API answers, with what it means and how to mend it (RFC 9457).

An app's own refusals take part by being subclasses of ``DomainError``, or of ``APIException`` where
they are about HTTP. Codes that a library brings are announced with :func:`register_problem_type`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from inspect import cleandoc

from rest_framework.exceptions import APIException

from apps.core.api.phrases import phrase_of
from apps.core.errors import DomainError

# The page that lists them; each ``type`` is an anchor on it. With its whole path, as RFC 9457 asks of
# relative addresses: the same in development and in production, so that clients can compare it.
PROBLEMS_PATH = "/api/problems/"


@dataclass(frozen=True, kw_only=True)
class ProblemType:
    """What all problems of one kind share.

    Args:
        code: For programs, for example ``"not_found"``; also the anchor in ``type``.
        status: The HTTP status of the answer.
        title: The same sentence for each occurrence.
        meaning: What has happened, for whoever reads the page of problems.
        mend: What the sender of the request can do.
    """

    code: str
    status: int
    title: str
    meaning: str
    mend: str

    @property
    def address(self) -> str:
        return f"{PROBLEMS_PATH}#{self.code}"


# The first of each status stands in for codes of that status that nobody has described.
STANDARD = [
    ProblemType(
        code="validation_error",
        status=HTTPStatus.BAD_REQUEST,
        title="Some values were not accepted.",
        meaning="The request was understood, but one or more of its values break a rule.",
        mend="Correct what `errors` lists. A `pointer` leads into the request's body (RFC 6901), a "
        "`parameter` names a part of the query string.",
    ),
    ProblemType(
        code="parse_error",
        status=HTTPStatus.BAD_REQUEST,
        title="The body of the request cannot be read.",
        meaning="The body is not what its Content-Type says, for example because a quote is missing in JSON.",
        mend="Send well-formed JSON; `detail` says where reading stopped.",
    ),
    ProblemType(
        code="bad_request",
        status=HTTPStatus.BAD_REQUEST,
        title="The request is malformed.",
        meaning="The request was refused before any view looked at it, for example for a wrong Host header.",
        mend="Compare the request with the documentation of the API.",
    ),
    ProblemType(
        code="not_authenticated",
        status=HTTPStatus.UNAUTHORIZED,
        title="Sign in first.",
        meaning="The address answers only people who are signed in, and the request had no credentials.",
        mend="Send the Authorization header that `WWW-Authenticate` asks for.",
    ),
    ProblemType(
        code="authentication_failed",
        status=HTTPStatus.UNAUTHORIZED,
        title="The credentials were not accepted.",
        meaning="The credentials are wrong, expired or revoked.",
        mend="Renew them, or sign in again.",
    ),
    ProblemType(
        code="wrong_auth_scheme",
        status=HTTPStatus.UNAUTHORIZED,
        title="The Authorization header has another scheme than this API expects.",
        meaning="An Authorization header was sent, but it begins with a word that nobody here understands, "
        "so it was skipped as if it were absent.",
        mend="Use the scheme that `detail` and `WWW-Authenticate` name, followed by a space and the token.",
    ),
    ProblemType(
        code="permission_denied",
        status=HTTPStatus.FORBIDDEN,
        title="You may not do this.",
        meaning="You are known, and this action is not open to you.",
        mend="Ask somebody who may, or ask for the permission.",
    ),
    ProblemType(
        code="csrf_failed",
        status=HTTPStatus.FORBIDDEN,
        title="The CSRF token is missing or wrong.",
        meaning="The request came with a session cookie, which a foreign page could have caused to be sent.",
        mend="Send the value of the cookie `csrftoken` in the header `X-CSRFToken`, or use a token in the "
        "Authorization header instead of a session.",
    ),
    ProblemType(
        code="not_found",
        status=HTTPStatus.NOT_FOUND,
        title="There is nothing at this address.",
        meaning="The address does not exist, or what it names does not exist for you.",
        mend="Check the address, its slash at the end, and whether you may see what it names.",
    ),
    ProblemType(
        code="unknown_version",
        status=HTTPStatus.NOT_FOUND,
        title="There is no such version of the API.",
        meaning="The address begins with a version that does not exist, or does not exist any more.",
        mend="Use one of the versions that `detail` lists.",
    ),
    ProblemType(
        code="method_not_allowed",
        status=HTTPStatus.METHOD_NOT_ALLOWED,
        title="The address does not answer this method.",
        meaning="The address exists, but not for this HTTP method.",
        mend="Use one of the methods in the answer's `Allow` header.",
    ),
    ProblemType(
        code="not_acceptable",
        status=HTTPStatus.NOT_ACCEPTABLE,
        title="The answer cannot be given in the format that was asked for.",
        meaning="No media type of the Accept header is one that this address can produce.",
        mend="Send `Accept: application/json`.",
    ),
    ProblemType(
        code="conflict",
        status=HTTPStatus.CONFLICT,
        title="The request conflicts with the present state.",
        meaning="Something that exists already, or has changed meanwhile, stands against the request.",
        mend="Read the present state, and decide anew.",
    ),
    ProblemType(
        code="precondition_failed",
        status=HTTPStatus.PRECONDITION_FAILED,
        title="Somebody else has changed this meanwhile.",
        meaning="The `If-Match` header names a version that is not the present one.",
        mend="Read it again, merge the changes, and send the new `ETag` in `If-Match`.",
    ),
    ProblemType(
        code="content_too_large",
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        title="The body of the request is too large.",
        meaning="The server reads bodies up to a limit only.",
        mend="Send less at once.",
    ),
    ProblemType(
        code="unsupported_media_type",
        status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        title="The body has a format that is not read here.",
        meaning="The Content-Type header names a format that this address does not read.",
        mend="Send `Content-Type: application/json`, unless the documentation says otherwise.",
    ),
    ProblemType(
        code="throttled",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        title="Too many requests.",
        meaning="More requests came from this account or address than are served in the time.",
        mend="Wait for as many seconds as the `Retry-After` header says.",
    ),
    ProblemType(
        code="server_error",
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        title="Something broke on our side.",
        meaning="A mistake of the server. The reason is in its log, under the `request_id`.",
        mend="Try again later; when you report it, give the `request_id`.",
    ),
    ProblemType(
        code="insufficient_storage",
        status=HTTPStatus.INSUFFICIENT_STORAGE,
        title="There is no room left to store this.",
        meaning="What was sent is fine, but the disk of the server is full.",
        mend="Try again later. Whoever runs the server finds `disk_full` in its log.",
    ),
]

_registered: dict[str, ProblemType] = {kind.code: kind for kind in STANDARD}


def register_problem_type(kind: ProblemType) -> None:
    """Describe a code that reaches clients but belongs to no ``DomainError``: that of a library."""
    _registered[kind.code] = kind


def problem_types() -> dict[str, ProblemType]:
    """Every known kind by its code, in the order of the statuses."""
    refusals = [*_refusals_of(DomainError), *_http_refusals_of(APIException)]
    kinds = {**{kind.code: kind for kind in refusals}, **_registered}
    return dict(sorted(kinds.items(), key=lambda item: item[1].status))


def find_problem_type(*, code: str, status: int) -> ProblemType:
    """Return the kind of ``code``, or what stands in for it: the first of its status, then the blank one."""
    kinds = problem_types()
    known = kinds.get(code)
    if known and known.status == status:
        return known
    return next((kind for kind in STANDARD if kind.status == status), None) or blank_type(status)


def blank_type(status: int) -> ProblemType:
    """What RFC 9457 calls ``about:blank``: no more is said than the status says itself."""
    phrase = phrase_of(status)
    return _Blank(code="", status=status, title=phrase, meaning=phrase, mend="")


class _Blank(ProblemType):
    @property
    def address(self) -> str:
        return "about:blank"


def _refusals_of(refusal: type[DomainError]) -> Iterator[ProblemType]:
    """Describe every subclass: its docstring is the meaning."""
    for subclass in refusal.__subclasses__():
        yield ProblemType(
            code=subclass.code,
            status=subclass.status,
            title=subclass.title,
            meaning=cleandoc(subclass.__doc__ or subclass.title),
            mend=subclass.mend,
        )
        yield from _refusals_of(subclass)


def _http_refusals_of(refusal: type[APIException]) -> Iterator[ProblemType]:
    """Describe the subclasses that the project's apps define with a code of their own."""
    for subclass in refusal.__subclasses__():
        if subclass.__module__.startswith("apps.") and "default_code" in vars(subclass):
            sentence = str(subclass.default_detail)
            yield ProblemType(
                code=subclass.default_code,
                status=subclass.status_code,
                title=sentence,
                meaning=cleandoc(subclass.__doc__ or sentence),
                mend=getattr(subclass, "mend", ""),
            )
        yield from _http_refusals_of(subclass)
