from rest_framework.pagination import PageNumberPagination


class BoundedPagination(PageNumberPagination):
    """Pages by number: ``?page=2&page_size=20``. A client cannot ask for everything at once."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 100
