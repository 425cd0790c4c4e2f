"""Where the lessons behind this project's checks are explained."""

LESSONS_URL = "https://user.github.io/alx-project-nexus/lessons/"


def lesson_url(lesson: str) -> str:
    """Return the address of the page of ``lesson``, for example ``"allowed-hosts"``."""
    return f"{LESSONS_URL}{lesson}/"
