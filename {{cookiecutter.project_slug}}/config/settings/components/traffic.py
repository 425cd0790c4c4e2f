"""The example's counting of requests, and what makes an address suspicious.

Addresses are personal data. Counts go after a day, flagged addresses after a month; say so in your
privacy notice, and delete an address in the admin when its owner asks for it.
"""

from config.env import env

# The cache's server: counts may be lost with the cache, and must not crowd out the queue's tasks.
TRAFFIC_REDIS_URL = env.REDIS_URL
TRAFFIC_KEY_PREFIX = "traffic:"
# A request does not wait longer than this for its count, and only the first one does.
TRAFFIC_PATIENCE_SECONDS = 0.25
# More requests than this from one address within an hour of the clock flag it.
TRAFFIC_REQUESTS_PER_HOUR = 3600
# Asked for by programs that look for leaks and for other people's software. One request flags its
# address, so take out what this site serves itself. Lower case; found anywhere in the path.
TRAFFIC_SENSITIVE_PATHS = [
    "/.aws/",
    "/.env",
    "/.git/",
    "/.ssh/",
    "/actuator/",
    "/cgi-bin/",
    "/etc/passwd",
    "/phpinfo",
    "/phpmyadmin",
    "/server-status",
    "/vendor/phpunit",
    "/wp-admin",
    "/wp-login.php",
    "/xmlrpc.php",
]
# How long Redis keeps the counts: so late may the detection run and still find an address.
TRAFFIC_HOURS_KEPT = 24
# How long the database keeps flagged addresses.
TRAFFIC_RETENTION_DAYS = 30
