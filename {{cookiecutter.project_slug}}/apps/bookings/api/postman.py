"""A stay from the listing to its end, for the Postman collection; the keys are those of
``devtools.postman.steps.Step``. The first account lets, the second one books.
"""

LISTING = {
    "title": "A room with a view",
    "kind": "room",
    "city": "Nairobi",
    "country": "KE",
    "max_guests": 2,
    "time_zone": "Africa/Nairobi",
    "is_published": True,
}
PRICE = {"price_per_night": "80.00", "currency": "KES"}
LISTINGS, ONE_LISTING = "/api/v1/listings/", "/api/v1/listings/{id}/"
BOOKINGS, ONE_BOOKING = "/api/v1/bookings/", "/api/v1/bookings/{id}/"
NEW_PRICE = {"price_per_night": {"amount": "80.00", "currency": "KES"}}

STEPS = [
    {"call": f"POST {LISTINGS}", "name": "Let a room", "body": LISTING | PRICE},
    {
        "call": f"POST {LISTINGS}",
        "name": "Let a room for nothing",
        "body": LISTING | PRICE | {"price_per_night": "0.00"},
        "status": 400,
        "code": "validation_error",
    },
    {
        "call": f"GET {ONE_LISTING}",
        "name": "Read it",
        "then": ["pm.collectionVariables.set('etag', pm.response.headers.get('ETag'));"],
    },
    {
        "call": f"GET {ONE_LISTING}",
        "name": "Read it again, unchanged",
        "headers": {"If-None-Match": "{{etag}}"},
        "status": 304,
    },
    {
        "call": f"PATCH {ONE_LISTING}",
        "name": "Change what was read",
        "body": {"title": "A room with a better view"},
        "headers": {"If-Match": "{{etag}}"},
    },
    {
        "call": f"PATCH {ONE_LISTING}",
        "name": "Change what somebody has changed meanwhile",
        "body": {"title": "A room without a view"},
        "headers": {"If-Match": "{{etag}}"},
        "status": 412,
        "code": "precondition_failed",
    },
    {
        "call": f"PATCH {ONE_LISTING}",
        "name": "Change a listing of somebody else",
        "by": "second",
        "body": {"title": "Mine"},
        "status": 403,
        "code": "permission_denied",
    },
    {"call": f"PUT {ONE_LISTING}", "name": "Replace it", "body": LISTING | PRICE},
    {
        "call": "POST /api/v1/listings/{listing_id}/photos/",
        "name": "Add a photo",
        "body": {"image": "@picture.png", "caption": "The view"},
    },
    {"call": f"GET {LISTINGS}?city=Nairobi&ordering=price_per_night", "name": "Search"},
    {
        "call": f"POST {BOOKINGS}",
        "name": "Book it",
        "by": "second",
        "headers": {"Idempotency-Key": "{{key}}"},
        "before": ["pm.collectionVariables.set('key', pm.variables.replaceIn('{{$guid}}'));"],
    },
    {
        "call": f"POST {BOOKINGS}",
        "name": "Book it, sent twice by mistake",
        "by": "second",
        "headers": {"Idempotency-Key": "{{key}}"},
        "then": [
            "pm.test('is the same answer', () => {"
            " pm.expect(pm.response.headers.get('Idempotency-Replayed')).to.equal('true');"
            " pm.expect(pm.response.json().id).to.equal(pm.collectionVariables.get('bookings_id')); });"
        ],
    },
    {
        "call": f"POST {BOOKINGS}",
        "name": "Book nights that are taken",
        "by": "second",
        "status": 409,
        "code": "nights_taken",
    },
    {
        "call": f"POST {BOOKINGS}",
        "name": "Book one's own room",
        "status": 409,
        "code": "not_bookable",
    },
    {"call": f"GET {ONE_BOOKING}", "name": "The guest reads the booking", "by": "second"},
    {
        "call": f"POST {ONE_BOOKING}confirm/",
        "name": "The guest cannot confirm it",
        "by": "second",
        "status": 403,
        "code": "permission_denied",
    },
    {"call": f"POST {ONE_BOOKING}confirm/", "name": "The owner confirms it"},
    {
        "call": f"POST {ONE_BOOKING}confirm/",
        "name": "Confirm it once more",
        "status": 409,
        "code": "booking_not_changeable",
    },
    {
        "call": f"POST {ONE_BOOKING}review/",
        "name": "Review a stay that is not over",
        "by": "second",
        "body": {"rating": 5, "text": "A view!"},
        "status": 409,
        "code": "review_not_allowed",
    },
    {"call": f"POST {ONE_BOOKING}cancel/", "name": "The guest cancels it", "by": "second"},
    {
        "call": "POST /api/v1/reports/",
        "name": "Ask for a report",
        "body": {"month": "2030-01"},
        "saves": {"reports_id": "id"},
        "then": [
            "pm.test('says where to ask how far it is', () => {"
            " pm.expect(pm.response.headers.get('Location')).to.include('/api/v1/reports/'); });"
        ],
    },
    {
        "call": "GET /api/v1/reports/{id}/",
        "name": "Read a report of somebody else",
        "by": "second",
        "status": 404,
        "code": "not_found",
    },
    {"call": "GET /api/v1/reports/{id}/", "name": "Ask how far it is"},
    {
        "call": "GET /api/v1/reports/{id}/file/",
        "name": "Read the file of a report that is not there",
        "ids": {"id": "0"},
        "headers": {"Accept": "text/csv"},
        "status": 404,
        "code": "not_found",
    },
    {"call": "POST /api/v2/listings/", "name": "Let a room, in version 2", "body": LISTING | NEW_PRICE},
    {"call": "PUT /api/v2/listings/{id}/", "name": "Replace it, in version 2", "body": LISTING | NEW_PRICE},
]
