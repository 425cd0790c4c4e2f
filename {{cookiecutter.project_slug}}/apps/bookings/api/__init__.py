"""The API of listings and bookings, one package a version.

What stands beside the versions is shared by all of them: who may do what, filters, and what a view does.
A version says only how things look from outside. To grow one, make the sibling package with the resources
that change, over the same services, and mark the old ones ``Deprecated``. To end one, delete its folder.
"""
