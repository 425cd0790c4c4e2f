"""What HTTP statuses are called: the same with every Python, in documents that are compared."""

from http import HTTPStatus

# RFC 9110 gave them other names, which Python has since 3.13.
RENAMED = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


def phrase_of(status: int) -> str:
    """The reason phrase of a status, from RFC 9110, section 15.

    Raises:
        ValueError: There is no such status.
    """
    return RENAMED.get(status) or HTTPStatus(status).phrase
