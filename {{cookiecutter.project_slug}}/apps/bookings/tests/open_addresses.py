"""What anonymous visitors may read. They write nothing: see ``test_access_api``."""

OPEN_TO_ANYBODY = {
    "v1:amenity-list",
    "v1:listing-detail",
    "v1:listing-list",
    "v1:listing-photos",
    "v1:listing-reviews",
    "v1:photo-detail",
    "v2:listing-detail",
    "v2:listing-list",
}
