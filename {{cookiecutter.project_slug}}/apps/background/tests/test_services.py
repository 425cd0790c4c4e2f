from datetime import UTC, datetime, timedelta

import pytest

from apps.background import services
from apps.background.models import DeadLetter

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


def keep(task_id: str = "1", **fields: str | int) -> DeadLetter:
    values = {"task_name": "a", "reason": "failed", "body": "[[], {}]", "error": "", "traceback": ""} | fields
    return services.keep_dead_letter(task_id=task_id, failed_at=NOW, retries=0, **values)


def test_dead_letter_is_written_once_however_often_it_arrives() -> None:
    letters = [keep(error="the first"), keep(error="the second")]

    assert [letter.error for letter in letters] == ["the first", "the first"]
    assert DeadLetter.objects.count() == 1


def test_dead_letter_holds_what_the_database_could_not() -> None:
    letter = keep(task_id="x" * 300, task_name="y" * 300, body="zero \x00", error="half of \ud83d")

    letter.refresh_from_db()
    assert (len(letter.task_id), len(letter.task_name)) == (255, 255)
    assert (letter.body, letter.error) == ("zero \\x00", "half of \\ud83d")


def test_letters_that_nobody_has_seen_to_are_kept_for_ever() -> None:
    keep("open")
    keep("just sent again")
    keep("long forgotten")
    DeadLetter.objects.filter(task_id="just sent again").update(sent_again_at=NOW - timedelta(days=29))
    DeadLetter.objects.filter(task_id="long forgotten").update(sent_again_at=NOW - timedelta(days=31))

    assert services.clear_dead_letters(now=NOW) == 1

    assert set(DeadLetter.objects.values_list("task_id", flat=True)) == {"open", "just sent again"}
