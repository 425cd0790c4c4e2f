"""Helpers for development only: nothing here is imported by the project or goes into the image.

``up`` runs the whole project, ``run`` one command with its services, ``pytest_services`` the
services of the tests. PostgreSQL and Redis are real servers, started from Python wheels.
"""
