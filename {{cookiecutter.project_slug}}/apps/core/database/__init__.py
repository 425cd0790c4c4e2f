"""What goes wrong between Django and PostgreSQL, found by name."""
