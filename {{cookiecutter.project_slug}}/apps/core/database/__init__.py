"""What goes wrong between Django and its database, found by name."""
