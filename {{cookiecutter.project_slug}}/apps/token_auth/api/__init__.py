"""The API of the tokens."""
