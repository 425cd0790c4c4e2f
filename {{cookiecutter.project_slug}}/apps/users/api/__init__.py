"""The API of the accounts, one package a version."""
