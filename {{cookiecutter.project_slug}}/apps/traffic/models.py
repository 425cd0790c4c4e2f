from django.db import models

from apps.core.addresses import PREFIX_OF_A_CUSTOMER


class SuspiciousIP(models.Model):
    """An address that was flagged for one hour, for one reason.

    Personal data: ``services.detect_suspicious_ips`` deletes what is older than the retention.
    """

    class Reason(models.TextChoices):
        TOO_MANY_REQUESTS = "too_many_requests"
        SENSITIVE_PATH = "sensitive_path"

    address = models.GenericIPAddressField(
        "IP address", help_text="An IPv6 address stands for the /64 network that it begins."
    )
    reason = models.CharField(max_length=20, choices=Reason)
    requests = models.PositiveIntegerField(help_text="In that hour; of sensitive paths, where that is why.")
    window_start = models.DateTimeField("hour", help_text="When the hour began.")
    first_seen = models.DateTimeField(help_text="When the address was flagged, or that hour ended.")
    last_seen = models.DateTimeField(help_text="When it was counted last, or that hour ended.")

    class Meta:
        verbose_name = "suspicious IP address"
        verbose_name_plural = "suspicious IP addresses"
        ordering = ["-window_start", "-requests", "id"]
        constraints = [
            # Detecting the same hour again finds the same rows.
            models.UniqueConstraint(
                fields=["address", "reason", "window_start"], name="suspicious_ip_once_an_hour"
            ),
            models.CheckConstraint(
                condition=models.Q(reason__in=["too_many_requests", "sensitive_path"]),
                name="suspicious_ip_reason_is_known",
            ),
        ]
        indexes = [
            # The list in the admin, newest first, and the deletion of the oldest.
            models.Index(fields=["window_start", "requests"], name="suspicious_ip_by_hour")
        ]

    def __str__(self) -> str:
        return f"{self.network}: {self.get_reason_display()}"

    @property
    def network(self) -> str:
        """The address, an IPv6 one as the network that was counted."""
        return f"{self.address}/{PREFIX_OF_A_CUSTOMER}" if ":" in self.address else self.address
