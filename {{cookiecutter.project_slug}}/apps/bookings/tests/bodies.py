"""What clients send."""

LISTING = {
    "title": "Attic",
    "kind": "room",
    "city": "Nairobi",
    "country": "KE",
    "price_per_night": "40.00",
    "currency": "USD",
    "max_guests": 2,
    "time_zone": "Africa/Nairobi",
}
