"""What every app may use; it knows no domain and imports no other app."""
