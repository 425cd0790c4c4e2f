"""Services of development that do not run: told as that, not as a mere refusal of a connection."""

from apps.core.doctor.findings import Finding, error

# Stands in the addresses that a stopped project does not have. Never looked up: see RFC 6761.
STAND_IN_HOST = "not-running.invalid"
START = "Type: uv run just up"


def not_running(service: str, variable: str, *, lesson: str) -> list[Finding]:
    return error(
        f"{variable} is set neither in the environment nor in .env nor by `just up`",
        wrong=f"{service} does not run for this project.",
        mend=START,
        lesson=lesson,
    )
