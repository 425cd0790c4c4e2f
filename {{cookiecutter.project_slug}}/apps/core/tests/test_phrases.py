import pytest

from apps.core.api.phrases import phrase_of


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (200, "OK"),
        (404, "Not Found"),
        # Python calls these otherwise before 3.13, and documents are compared.
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (416, "Range Not Satisfiable"),
        (422, "Unprocessable Content"),
    ],
)
def test_status_is_called_the_same_with_every_python(status: int, phrase: str) -> None:
    assert phrase_of(status) == phrase
