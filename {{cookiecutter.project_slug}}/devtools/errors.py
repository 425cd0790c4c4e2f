"""The refusals of this package."""


class DevtoolsError(Exception):
    """Something the developer can mend. The message says what is wrong and what to type."""
