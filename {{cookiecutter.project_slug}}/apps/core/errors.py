"""Refusals of the domain, in words that know nothing of HTTP frameworks."""

from http import HTTPStatus


class DomainError(Exception):
    """Something that a rule of the domain refuses; the API answers it as a problem (RFC 9457).

    Subclasses set the class attributes. Their docstring and ``mend`` are shown on the page that lists
    the API's problems; ``detail`` is for the person who asked.
    """

    status: int = HTTPStatus.CONFLICT
    code: str = "conflict"
    title: str = "The request conflicts with the present state."
    mend: str = "Read the present state, and decide anew."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
