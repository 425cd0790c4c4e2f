"""Sign-in with opaque tokens."""
