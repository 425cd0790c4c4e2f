"""What other apps may listen to."""

from django.dispatch import Signal

# A password was changed or reset, or an account deactivated. Sent with ``user``, in the transaction
# of the change: whoever keeps tokens revokes all of that user's.
credentials_changed = Signal()
