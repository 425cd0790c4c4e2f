"""How gunicorn serves the site, everywhere: ``gunicorn -c config/gunicorn.py config.wsgi``.

Reference: https://docs.gunicorn.org/en/stable/settings.html
"""

from pathlib import Path

from config.env import env

# All interfaces: a platform's router reaches the process from outside its container.
bind = f"0.0.0.0:{env.PORT}"
workers = env.WEB_CONCURRENCY
worker_class = "gthread"
threads = env.WEB_THREADS
# A process that has been silent for so long is replaced; with threads, no single request is ended by it.
timeout = env.WEB_TIMEOUT
# On SIGTERM, requests that run may end for so long.
graceful_timeout = env.WEB_GRACE_SECONDS
keepalive = env.WEB_KEEP_ALIVE
# A fresh process now and then bounds what a leak can cost; the jitter keeps them from going at once.
max_requests = env.WEB_MAX_REQUESTS
max_requests_jitter = env.WEB_MAX_REQUESTS_JITTER
# Where the processes show that they live: in memory, also where no disk may be written.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes it safely
# Nobody manages the server through a socket, and a read-only container has no place for one.
control_socket_disable = True
# Requests are logged by the application, with their id.
accesslog = None
errorlog = "-"
