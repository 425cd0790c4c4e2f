#!/bin/sh
# Run once in a new dev container: installs what the project needs, so that `uv run just up` works at once.
# Its Python is one for which Redis comes as a wheel, as PostgreSQL does; no other container is needed.
set -eu

# @if cookiecutter.database == "MySQL"
sudo apt-get update
sudo apt-get install --yes --no-install-recommends mariadb-server
# @endif
# @if cookiecutter.broker == "RabbitMQ"
sudo apt-get update
sudo apt-get install --yes --no-install-recommends rabbitmq-server
# @endif
python -m pip install uv
python -m uv sync
python -m uv run pre-commit install
