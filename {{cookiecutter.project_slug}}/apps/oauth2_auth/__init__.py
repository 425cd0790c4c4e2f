"""Sign-in through OAuth 2: this project is the provider."""
