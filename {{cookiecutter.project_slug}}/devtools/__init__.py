"""Helpers for development only: of the project, nothing but the settings of the tests imports them.

``up`` runs the whole project, ``run`` one command with its services, ``for_tests`` starts
those of the tests. They are real servers, started from Python wheels where there is one.
"""
