# The verbs of the template: `uv run just` lists them. A generated project has the same ones.

set windows-shell := ["powershell.exe", "-NoLogo", "-Command"]

# List the verbs.
default:
    @just --list

# Generate a project with every default into build/, and run it; Ctrl-C stops it.
up: bake
    uv run --directory build/my_project just up

# Run the fast tests of the template, in two processes; for a debugger: uv run pytest --pdb
test *ARGS:
    uv run pytest -n 2 {{ ARGS }}

# Run the slow ones: generated projects are installed, checked and started.
test-slow *ARGS:
    uv run pytest -m slow -n 2 {{ ARGS }}

# Build the images of generated projects and run them; where no Docker answers, it says so and skips.
test-docker *ARGS:
    uv run pytest -m docker -rs {{ ARGS }}

# Everything that has to be right before a commit, but the slow tests.
check: lint test

# What can be told without running anything: lock, lint, format, types, workflows, files, secrets.
lint:
    uv lock --check
    uv run python '{{{{cookiecutter.project_slug}}/devtools/mendable.py' ruff check
    uv run python '{{{{cookiecutter.project_slug}}/devtools/mendable.py' ruff format --check
    uv run mypy
    uv run zizmor --offline --quiet --persona=pedantic .github
    uv run actionlint
    uv run python tools/files.py

# Mend what can be mended by a program.
fix:
    uv run ruff check --fix --exit-zero
    uv run ruff format
    uv run python tools/files.py --fix

# Write the reference anew and build the site strictly into docs/_build.
docs:
    uv run python docs/reference_from_render.py
    uv run sphinx-build -q -n -W -b dirhtml docs docs/_build

# Prove one lesson on a fresh project: just lesson allowed-hosts
lesson ID:
    uv run python tools/lessons.py prove {{ ID }}

# Write anew what each kind of project generates from its code: OpenAPI, diagram, Postman collection.
documents *OPTIONS:
    uv run python tools/documents.py {{ OPTIONS }}

# Make the projects in which every two answers meet, and let each check itself: just matrix, or just matrix 3 4
matrix *ROWS:
    uv run python tools/matrix.py check {{ ROWS }}

# Name the unreleased changes after today; then it says how to release them.
release:
    uv run python tools/release.py prepare

# Generate a project with every default into build/.
bake:
    uv run cookiecutter . --no-input --overwrite-if-exists --output-dir build

# Lock the generated project anew and take it over; `just lock --upgrade` takes newer versions.
lock *OPTIONS:
    uv run python tools/relock.py {{ OPTIONS }}
