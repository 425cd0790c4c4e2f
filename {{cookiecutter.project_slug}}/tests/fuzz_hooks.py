"""What schemathesis, which imports this into an environment of its own, should leave out."""

from typing import Any
from urllib.parse import urlencode

import schemathesis  # type: ignore[import-not-found]

# gunicorn itself refuses a longer first line, before the project sees it (414).
LONGEST_QUERY = 3000


@schemathesis.hook  # type: ignore[untyped-decorator]
def filter_query(context: Any, query: Any) -> bool:
    return not query or len(urlencode(query, doseq=True, errors="replace")) < LONGEST_QUERY
