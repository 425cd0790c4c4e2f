"""The page that a monitoring system reads, ``/metrics``; see ``docs/operations.md``."""

from config.env import env

# Without a token there is no page.
METRICS_TOKEN = env.METRICS_TOKEN
