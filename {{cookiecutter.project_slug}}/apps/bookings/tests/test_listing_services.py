"""Listings, their photos and reviews."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.bookings import selectors, services
from apps.bookings.errors import ReviewNotAllowed
from apps.bookings.models import Photo
from apps.bookings.tests.factories import (
    AmenityFactory,
    BookingFactory,
    ListingFactory,
    PhotoFactory,
    ReviewFactory,
)
from apps.users.models import User
from apps.users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_listing_is_created_as_a_draft_with_its_amenities(user: User) -> None:
    amenities = AmenityFactory.create_batch(2)

    listing = services.create_listing(
        owner=user,
        amenities=amenities,
        title="Loft",
        kind="apartment",
        city="Accra",
        country="GH",
        price_per_night="80.00",
        currency="GHS",
        max_guests=2,
        time_zone="Africa/Accra",
    )

    listing.refresh_from_db()
    assert (listing.owner, listing.is_published) == (user, False)
    assert list(listing.amenities.order_by("pk")) == amenities


def test_change_leaves_what_is_not_given() -> None:
    listing = ListingFactory.create(title="Old", city="Nairobi")
    listing.amenities.set(AmenityFactory.create_batch(2))
    before = listing.updated_at

    services.update_listing(listing=listing, title="New")

    listing.refresh_from_db()
    assert (listing.title, listing.city, listing.amenities.count()) == ("New", "Nairobi", 2)
    assert listing.updated_at > before


def test_given_amenities_replace_the_old_ones() -> None:
    listing = ListingFactory.create()
    listing.amenities.set(AmenityFactory.create_batch(2))
    amenity = AmenityFactory.create()

    services.update_listing(listing=listing, amenities=[amenity])

    assert list(listing.amenities.all()) == [amenity]


def test_photos_stand_in_the_order_in_which_they_came() -> None:
    listing = ListingFactory.create()

    for name in ("first", "second", "third"):
        services.add_photo(listing=listing, image=SimpleUploadedFile(f"{name}.png", b"image"), caption=name)

    assert list(listing.photos.values_list("caption", "position")) == [
        ("first", 0),
        ("second", 1),
        ("third", 2),
    ]


def test_file_of_a_photo_goes_after_the_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    photo = PhotoFactory.create()
    storage, name = photo.image.storage, str(photo.image)

    with django_capture_on_commit_callbacks() as callbacks:
        services.remove_photo(photo=photo)
    before = storage.exists(name)
    callbacks[0]()

    assert (before, storage.exists(name), Photo.objects.count()) == (True, False, 0)


def test_guest_reviews_a_completed_stay() -> None:
    booking = BookingFactory.create(status="completed")

    review = services.write_review(booking=booking, author=booking.guest, rating=4, text="Good.")

    review.refresh_from_db()
    assert (review.listing, review.author, review.rating) == (booking.listing, booking.guest, 4)


@pytest.mark.parametrize("status", ["pending", "confirmed", "cancelled"])
def test_stay_that_is_not_completed_cannot_be_reviewed(status: str) -> None:
    booking = BookingFactory.create(status=status)

    with pytest.raises(ReviewNotAllowed, match="Only a completed stay"):
        services.write_review(booking=booking, author=booking.guest, rating=4)


def test_nobody_but_the_guest_reviews_a_stay() -> None:
    booking = BookingFactory.create(status="completed")

    with pytest.raises(ReviewNotAllowed, match="Only the guest"):
        services.write_review(booking=booking, author=booking.listing.owner, rating=5)


def test_stay_is_reviewed_once() -> None:
    review = ReviewFactory.create()

    with pytest.raises(ReviewNotAllowed, match="has been reviewed"):
        services.write_review(booking=review.booking, author=review.author, rating=1)


def test_impossible_rating_is_not_called_a_second_review() -> None:
    booking = BookingFactory.create(status="completed")

    with pytest.raises(IntegrityError, match="review_rating_is_1_to_5"):
        services.write_review(booking=booking, author=booking.guest, rating=6)


def test_everybody_sees_what_is_published_and_owners_their_drafts_too() -> None:
    published = ListingFactory.create()
    draft = ListingFactory.create(is_published=False)

    assert set(selectors.published_listings()) == {published}
    assert set(selectors.visible_listings(AnonymousUser())) == {published}
    assert set(selectors.visible_listings(UserFactory.create())) == {published}
    assert set(selectors.visible_listings(draft.owner)) == {published, draft}
    assert set(selectors.listings_of(draft.owner)) == {draft}


def test_bookings_concern_their_guest_and_the_owner_of_the_listing() -> None:
    booking = BookingFactory.create()
    BookingFactory.create()

    assert list(selectors.bookings_of(booking.guest)) == [booking]
    assert list(selectors.bookings_of(booking.listing.owner)) == [booking]
    assert list(selectors.bookings_of(UserFactory.create())) == []


def test_bookings_that_concern_a_user_can_be_filtered_ordered_and_counted() -> None:
    user = UserFactory.create()
    as_guest = BookingFactory.create(guest=user)
    as_owner = BookingFactory.create(listing__owner=user, status="cancelled")

    bookings = selectors.bookings_of(user)

    assert list(bookings.order_by("-pk")) == [as_owner, as_guest]
    assert list(bookings.filter(status="cancelled")) == [as_owner]
    assert bookings.count() == 2
    assert bookings.get(pk=as_guest.pk) == as_guest


def test_reviews_of_a_listing_are_its_own() -> None:
    review = ReviewFactory.create()
    ReviewFactory.create()

    assert list(selectors.reviews_of(review.listing)) == [review]
