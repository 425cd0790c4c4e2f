"""One module per environment (local, test, production, build), one component per concern."""
