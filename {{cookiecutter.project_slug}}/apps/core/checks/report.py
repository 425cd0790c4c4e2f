"""One form for every finding."""

from django.core.checks import Error

from apps.core.lessons import lesson_url


def problem(check_id: str, message: str, *, mend: str, lesson: str) -> Error:
    """Return a finding that says what was seen, what to type and where to read why.

    Args:
        check_id: For example ``"core.E001"``; it can be silenced by this name.
        message: What was found, with the name of the setting.
        mend: What to type.
        lesson: The id of the lesson.
    """
    return Error(message, hint=f"{mend} Why: {lesson_url(lesson)}", id=check_id)
