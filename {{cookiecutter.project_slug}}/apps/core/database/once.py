"""A subquery that MySQL, too, answers once."""

from django.db.models import Subquery


class Once(Subquery):
    """``pk__in=Once(a.union(b))``: look for the keys first, and then for their rows.

    MySQL would ask a union anew for each row of the outer query. As a table of its own it is made once;
    to PostgreSQL it is the same.
    """

    template = "(SELECT * FROM (%(subquery)s) AS once)"
