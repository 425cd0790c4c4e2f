from io import BytesIO
from pathlib import PurePath
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from apps.background.models import OutboxMessage
from apps.bookings import images, services, tasks
from apps.bookings.models import Photo
from apps.bookings.tests.factories import ListingFactory, PhotoFactory
from apps.bookings.tests.pictures import SVG, picture
from apps.users.models import User

pytestmark = pytest.mark.django_db


def large_photo() -> Photo:
    return PhotoFactory.create(image=picture(size=(1200, 900)))


def files_of_thumbnails() -> list[str]:
    return default_storage.listdir("thumbnails")[1] if default_storage.exists("thumbnails") else []


@pytest.fixture(autouse=True)
def _no_thumbnails_of_other_tests() -> None:
    for name in files_of_thumbnails():
        default_storage.delete(f"thumbnails/{name}")


def test_upload_is_followed_by_a_thumbnail(client_of_user: APIClient, user: User) -> None:
    listing = ListingFactory.create(owner=user)
    created = client_of_user.post(
        f"/api/v1/listings/{listing.pk}/photos/",
        {"image": picture(size=(1200, 900))},
        format="multipart",
    )
    assert created.json()["thumbnail"] is None

    message = OutboxMessage.objects.get(task_name="bookings.make_thumbnail")
    tasks.make_thumbnail(**message.kwargs)

    shown = client_of_user.get(created["Location"]).json()
    thumbnail = shown["thumbnail"].removeprefix("http://testserver/media/")
    assert client_of_user.get(f"/api/v1/listings/{listing.pk}/").json()["photos"] == [shown]
    with default_storage.open(thumbnail) as file, Image.open(file) as small:
        assert (small.format, small.size) == ("WEBP", (480, 360))


def test_listing_is_another_version_once_its_thumbnail_is_there(
    client_of_user: APIClient, user: User
) -> None:
    photo = PhotoFactory.create(listing__owner=user)
    address = f"/api/v1/listings/{photo.listing_id}/"
    before = client_of_user.get(address)["ETag"]

    services.make_thumbnail(photo_id=photo.pk)

    assert client_of_user.get(address, headers={"If-None-Match": before}).status_code == 200


def test_task_that_runs_ten_times_makes_one_file() -> None:
    photo = large_photo()

    for _ in range(10):
        tasks.make_thumbnail(photo_id=photo.pk)

    assert files_of_thumbnails() == [PurePath(photo.name_of_thumbnail).name]


def test_file_that_a_killed_task_has_left_is_replaced() -> None:
    photo = large_photo()
    default_storage.save(photo.name_of_thumbnail, ContentFile(b"half of it"))

    tasks.make_thumbnail(photo_id=photo.pk)

    photo.refresh_from_db()
    assert photo.thumbnail.name == photo.name_of_thumbnail
    assert files_of_thumbnails() == [PurePath(photo.name_of_thumbnail).name]
    assert photo.thumbnail.read() != b"half of it"


def test_photo_that_was_deleted_meanwhile_is_no_error() -> None:
    tasks.make_thumbnail(photo_id=999_999_999)


def test_file_that_is_no_picture_of_ours_is_left_without_a_thumbnail() -> None:
    photo = PhotoFactory.create()
    Photo.objects.filter(pk=photo.pk).update(image=default_storage.save("view.svg", ContentFile(SVG)))

    tasks.make_thumbnail(photo_id=photo.pk)

    photo.refresh_from_db()
    assert not photo.thumbnail


def test_storage_that_is_away_says_nothing_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = large_photo()
    decode, refusals = images._decode, [ConnectionResetError(), TimeoutError()]

    def decode_in_the_end(*args: Any) -> Image.Image:
        if refusals:
            raise refusals.pop()
        return decode(*args)

    monkeypatch.setattr(images, "_decode", decode_in_the_end)

    tasks.make_thumbnail.apply(kwargs={"photo_id": photo.pk})

    photo.refresh_from_db()
    assert photo.thumbnail


def test_new_image_of_a_photo_gets_a_new_thumbnail() -> None:
    photo = large_photo()
    tasks.make_thumbnail(photo_id=photo.pk)
    photo.refresh_from_db()

    photo.image = picture(size=(900, 1200), name="other.jpg")
    photo.save()
    tasks.make_thumbnail(photo_id=photo.pk)

    photo.refresh_from_db()
    assert photo.thumbnail.name == photo.name_of_thumbnail
    assert files_of_thumbnails() == [PurePath(photo.name_of_thumbnail).name]
    assert (photo.thumbnail.width, photo.thumbnail.height) == (360, 480)


def test_thumbnail_goes_with_its_photo_also_when_it_was_made_after_the_photo_was_read(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    photo = large_photo()
    tasks.make_thumbnail(photo_id=photo.pk)

    with django_capture_on_commit_callbacks(execute=True):
        services.remove_photo(photo=photo)

    assert files_of_thumbnails() == []


def test_photo_that_changes_in_other_ways_keeps_its_thumbnail() -> None:
    photo = large_photo()
    tasks.make_thumbnail(photo_id=photo.pk)
    photo.refresh_from_db()
    OutboxMessage.objects.all().delete()

    photo.caption = "The view"
    photo.save()

    assert not OutboxMessage.objects.exists()


def test_large_photo_is_decoded_at_the_size_that_is_needed() -> None:
    with Image.open(picture(size=(6000, 4000))) as large:
        large.draft(None, (images.THUMBNAIL_SIDE, images.THUMBNAIL_SIDE))

        assert large.width * large.height <= 1_000_000


def test_thumbnail_has_nothing_but_the_pixels() -> None:
    content = images.thumbnail_of(picture())

    with Image.open(BytesIO(content.read())) as small:
        assert dict(small.getexif()) == {}
