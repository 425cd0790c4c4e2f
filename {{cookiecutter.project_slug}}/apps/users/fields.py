"""Fields of this domain."""

from typing import Any

from django.db import models


class LowercaseEmailField(models.EmailField[str, str]):
    """An e-mail address that is stored, and looked up, in lower case.

    People do not know that ``Ada@Example.com`` and ``ada@example.com`` could be two mailboxes, and
    no common mail provider treats them so. Values are lowered on the way to the database, so every
    lookup, form and serializer agrees without having to think of it.
    """

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value.lower() if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.lower() if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value
