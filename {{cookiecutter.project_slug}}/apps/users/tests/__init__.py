"""Tests of apps.users."""
