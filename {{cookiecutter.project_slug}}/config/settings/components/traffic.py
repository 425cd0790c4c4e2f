"""Counting requests."""
