"""Sign-in with JSON Web Tokens."""
