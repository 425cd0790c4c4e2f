"""What this domain refuses. The API answers each as a problem with its ``code`` (RFC 9457)."""

from apps.core.errors import DomainError


class NightsTaken(DomainError):
    """Another booking holds at least one of the nights."""

    code = "nights_taken"
    title = "At least one of these nights is already booked."


class NotBookable(DomainError):
    """The listing, the dates or the guest do not allow this booking."""

    code = "not_bookable"
    title = "This stay cannot be booked."


class BookingNotChangeable(DomainError):
    """The booking's present status does not allow this step."""

    code = "booking_not_changeable"
    title = "The booking's status does not allow this."


class ReviewNotAllowed(DomainError):
    """Only the guest of a completed stay may review it, and once."""

    code = "review_not_allowed"
    title = "This stay cannot be reviewed."


class TooManyPhotos(DomainError):
    """The listing has as many photos as it may have."""

    code = "too_many_photos"
    title = "The listing can take no more photos."
    mend = "Delete one first."
