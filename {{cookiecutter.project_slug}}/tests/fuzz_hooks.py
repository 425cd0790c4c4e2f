"""What schemathesis, which imports this into an environment of its own, should leave out."""

from typing import Any
from urllib.parse import urlencode

import schemathesis  # type: ignore[import-not-found]

# gunicorn itself refuses a longer first line, before the project sees it (414).
LONGEST_QUERY = 3000


@schemathesis.hook  # type: ignore[untyped-decorator]
def filter_query(context: Any, query: Any) -> bool:
    return not query or (fits_in_a_line(query) and arrives_as_it_was_made(query, context.operation))


def fits_in_a_line(query: dict[str, Any]) -> bool:
    return len(urlencode(query, doseq=True, errors="replace")) < LONGEST_QUERY


def arrives_as_it_was_made(query: dict[str, Any], operation: Any) -> bool:
    """Whether what breaks the document still does so in an address.

    There an empty list is nothing at all, and one value is a list of one.
    """
    lists = {
        parameter["name"]
        for parameter in operation.definition.raw.get("parameters", [])
        if parameter.get("schema", {}).get("type") == "array"
    }
    return not any(
        value in ([], {}, None) or (name in lists and not isinstance(value, list))
        for name, value in query.items()
    )
