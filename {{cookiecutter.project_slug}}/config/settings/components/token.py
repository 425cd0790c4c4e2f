"""Opaque tokens."""
