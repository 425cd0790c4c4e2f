"""The Postman collection: one request or more for each operation, in an order that works, with assertions.

It is written from the OpenAPI documents and from what the apps say in ``api/postman.py``. Nothing of
Django is needed for that: the collection is also written while a project is being generated.
"""
