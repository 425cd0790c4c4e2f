"""The project in its owner's words: the only Python file that holds answers to the template."""

from typing import Final

# Kept on one line each, however long the words are.
# fmt: off
NAME: Final = {{ cookiecutter.project_name | python_string }}
DESCRIPTION: Final = {{ cookiecutter.description | python_string }}
DOMAIN: Final = {{ cookiecutter.domain_name | python_string }}
# The one that everything is tested on; config/database.py knows both.
DATABASE: Final = {{ cookiecutter.database | python_string }}
# fmt: on
