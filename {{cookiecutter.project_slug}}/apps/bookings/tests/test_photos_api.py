from pathlib import PurePath
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from apps.bookings import images, services
from apps.bookings.models import Listing, Photo
from apps.bookings.tests.factories import ListingFactory, PhotoFactory
from apps.bookings.tests.pictures import HTML, SVG, bomb, picture
from apps.users.models import User


@pytest.fixture
def listing(user: User) -> Listing:
    return ListingFactory.create(owner=user)


def upload(client: APIClient, listing: Listing, image: Any, **fields: Any) -> Any:
    return client.post(
        f"/api/v1/listings/{listing.pk}/photos/", {"image": image, **fields}, format="multipart"
    )


def test_photo_is_kept_under_a_name_of_our_own(client_of_user: APIClient, listing: Listing) -> None:
    response = upload(client_of_user, listing, picture(name="C:\\me.jpg"), caption="The view")

    photo = Photo.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"http://testserver/api/v1/photos/{photo.pk}/"
    assert response.json() == {
        "id": photo.pk,
        "image": f"http://testserver/media/{photo.image.name}",
        "thumbnail": None,
        "caption": "The view",
        "created_at": photo.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert PurePath(str(photo.image)).match("listings/*.webp")
    assert default_storage.exists(str(photo.image))
    assert client_of_user.get(response["Location"]).json() == response.json()


def test_photos_are_listed_in_their_order(client_of_user: APIClient, listing: Listing) -> None:
    for caption in ("first", "second"):
        upload(client_of_user, listing, picture(), caption=caption)

    listed = client_of_user.get(f"/api/v1/listings/{listing.pk}/photos/").json()

    assert [photo["caption"] for photo in listed["results"]] == ["first", "second"]
    assert client_of_user.get(f"/api/v1/listings/{listing.pk}/").json()["photos"] == listed["results"]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (SimpleUploadedFile("view.svg", SVG, content_type="image/svg+xml"), "invalid_image"),
        (SimpleUploadedFile("view.png", SVG, content_type="image/png"), "invalid_image"),
        (SimpleUploadedFile("view.jpg", HTML, content_type="image/jpeg"), "invalid_image"),
        (SimpleUploadedFile("view.jpg", b"", content_type="image/jpeg"), "empty"),
        (bomb(), "too_many_pixels"),
        ("view.jpg", "invalid"),
    ],
    ids=["svg", "svg as png", "html as jpeg", "nothing", "bomb", "text"],
)
def test_harmful_file_is_refused_and_not_kept(
    client_of_user: APIClient, listing: Listing, file: Any, code: str
) -> None:
    response = upload(client_of_user, listing, file)

    assert response.status_code == 400
    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [("#/image", code)]
    assert not Photo.objects.exists()


def test_missing_file_is_named(client_of_user: APIClient, listing: Listing) -> None:
    response = client_of_user.post(
        f"/api/v1/listings/{listing.pk}/photos/", {"caption": "Nothing"}, format="multipart"
    )

    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [("#/image", "required")]


def test_large_file_is_refused_by_its_field(
    client_of_user: APIClient, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 100)

    response = upload(client_of_user, listing, picture())

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "too_large"


def test_much_larger_body_is_refused_before_it_is_read(anonymous: APIClient, listing: Listing) -> None:
    flood = SimpleUploadedFile("view.jpg", b"\xff" * (images.MAX_BYTES + 100_000))

    response = upload(anonymous, listing, flood)

    assert (response.status_code, response.json()["code"]) == (413, "content_too_large")


def test_json_is_not_the_way_to_send_a_photo(client_of_user: APIClient, listing: Listing) -> None:
    response = client_of_user.post(f"/api/v1/listings/{listing.pk}/photos/", {"image": "x"}, format="json")

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_listing_takes_so_many_photos_and_no_more(
    client_of_user: APIClient, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_PHOTOS", 1)

    first, second = (upload(client_of_user, listing, picture()) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "too_many_photos"
    assert Photo.objects.count() == 1


def test_file_goes_with_its_photo_once_that_is_certain(
    client_of_user: APIClient,
    listing: Listing,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    photo = PhotoFactory.create(listing=listing)
    name = str(photo.image)

    with django_capture_on_commit_callbacks(execute=True):
        response = client_of_user.delete(f"/api/v1/photos/{photo.pk}/")
        assert default_storage.exists(name)

    assert response.status_code == 204
    assert not Photo.objects.exists()
    assert not default_storage.exists(name)
