"""The API of signing in, one package a version."""
