"""Invented listings and bookings, as many as you like: for demonstrations and for measuring."""
