"""The e-mails about bookings; their words are in ``templates/bookings/mail/``."""

from apps.bookings.models import Booking
from apps.core.mail import send_mail


def send_confirmation(*, booking: Booking) -> None:
    send_mail(
        to=booking.guest.email,
        subject=f"Your stay at {booking.listing.title} is confirmed",
        template="bookings/mail/confirmation.html",
        context={"booking": booking},
        key=f"booking-{booking.pk}-confirmed",
    )
