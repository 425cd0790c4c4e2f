"""Migrations that running code survives: what this project's have to be like, found before they run.

While a release is rolled out, processes of the last one still use the tables that it has changed.
"""
