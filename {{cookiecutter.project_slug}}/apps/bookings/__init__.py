"""Listings, and bookings of their nights."""
