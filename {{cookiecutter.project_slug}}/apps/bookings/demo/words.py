"""What invented rows are made of."""

from typing import NamedTuple


class Place(NamedTuple):
    city: str
    country: str
    currency: str
    time_zone: str
    # What a night costs there, in that currency.
    cheapest: int
    dearest: int


PLACES = (
    Place("Accra", "GH", "GHS", "Africa/Accra", 250, 2400),
    Place("Addis Ababa", "ET", "ETB", "Africa/Addis_Ababa", 900, 9000),
    Place("Berlin", "DE", "EUR", "Europe/Berlin", 45, 320),
    Place("Cairo", "EG", "EGP", "Africa/Cairo", 600, 7500),
    Place("Cape Town", "ZA", "ZAR", "Africa/Johannesburg", 450, 6200),
    Place("Casablanca", "MA", "MAD", "Africa/Casablanca", 220, 2600),
    Place("Dakar", "SN", "XOF", "Africa/Dakar", 14000, 160000),
    Place("Kigali", "RW", "RWF", "Africa/Kigali", 18000, 210000),
    Place("Lagos", "NG", "NGN", "Africa/Lagos", 22000, 310000),
    Place("Lisbon", "PT", "EUR", "Europe/Lisbon", 40, 290),
    Place("London", "GB", "GBP", "Europe/London", 60, 450),
    Place("Mombasa", "KE", "KES", "Africa/Nairobi", 2500, 38000),
    Place("Nairobi", "KE", "KES", "Africa/Nairobi", 2200, 32000),
    Place("New York", "US", "USD", "America/New_York", 80, 620),
    Place("Tokyo", "JP", "JPY", "Asia/Tokyo", 6000, 72000),
    Place("Tunis", "TN", "TND", "Africa/Tunis", 70, 800),
)

AMENITIES = (
    ("air-conditioning", "Air conditioning"),
    ("breakfast", "Breakfast"),
    ("crib", "Crib"),
    ("garden", "Garden"),
    ("generator", "Generator"),
    ("kitchen", "Kitchen"),
    ("parking", "Parking"),
    ("pool", "Pool"),
    ("step-free", "Step-free entrance"),
    ("washing-machine", "Washing machine"),
    ("wi-fi", "Wi-Fi"),
    ("workspace", "Desk for work"),
)

ADJECTIVES = (
    "Airy", "Bright", "Calm", "Charming", "Colourful", "Cosy", "Cheerful", "Friendly", "Modern", "Peaceful",
    "Quiet", "Roomy", "Rustic", "Simple", "Snug", "Spacious", "Stylish", "Sunny", "Tidy", "Warm",
)  # fmt: skip

SURROUNDINGS = (
    "above the bakery", "at the harbour", "beside the river", "by the market", "by the park",
    "close to the beach", "in a side street", "in the old town", "near the museum", "near the station",
    "near the university", "on the hill", "opposite the theatre", "under the roof", "with a courtyard",
    "with a roof terrace", "with a view of the sea", "with a balcony", "with mango trees",
    "with its own entrance",
)  # fmt: skip

SENTENCES = (
    "The kitchen has all that you need for cooking.",
    "Buses stop around the corner.",
    "We live next door and are glad to help.",
    "Fresh towels wait for you.",
    "In the morning you hear birds, and at night hardly anything.",
    "Children are welcome.",
    "The bed is large and the mattress new.",
    "Shops and a pharmacy are five minutes away on foot.",
)

FIRST_NAMES = (
    "Abebe", "Achieng", "Aisha", "Akua", "Amina", "Amara", "Chidi", "Chloe", "Desta", "Elena", "Fatou",
    "Femi", "Grace", "Hana", "Ibrahim", "Imani", "Ingrid", "James", "Jonas", "Kwame", "Laila", "Lindiwe",
    "Lucas", "Maria", "Mehdi", "Naledi", "Ngozi", "Noah", "Omar", "Oumar", "Priya", "Rania", "Samuel",
    "Sofia", "Tariq", "Thandi", "Wanjiru", "Yara", "Yusuf", "Zola",
)  # fmt: skip

LAST_NAMES = (
    "Abdi", "Adeyemi", "Banda", "Bekele", "Boateng", "Costa", "Dlamini", "Diallo", "Eze", "Fischer",
    "Garcia", "Haddad", "Hassan", "Ito", "Juma", "Kamau", "Keita", "Khan", "Mensah", "Moyo", "Mutua",
    "Ndiaye", "Nkosi", "Novak", "Obi", "Okafor", "Otieno", "Owusu", "Patel", "Rossi", "Sato", "Silva",
    "Smith", "Sow", "Tadesse", "Traore", "Uwase", "Wambui", "Weber", "Zulu",
)  # fmt: skip

REVIEWS = (
    (5, "We would come again at once."),
    (5, "Even nicer than in the description."),
    (5, "Spotless, and the host thought of everything."),
    (4, "A good place, only the street is a little loud."),
    (4, "Friendly host, comfortable bed."),
    (4, ""),
    (3, "All right for a night or two."),
    (2, "The hot water failed us twice."),
    (1, "Nobody was there when we arrived."),
)
