"""How gunicorn serves the site, everywhere: ``gunicorn -c config/gunicorn.py config.wsgi``.

Reference: https://docs.gunicorn.org/en/stable/settings.html
"""

from config.env import env

# All interfaces: a platform's router reaches the process from outside its container.
bind = f"0.0.0.0:{env.PORT}"
workers = env.WEB_CONCURRENCY
worker_class = "gthread"
threads = env.WEB_THREADS
timeout = 30
# A fresh process now and then bounds what a leak can cost; the jitter keeps them from going at once.
max_requests = 2000
max_requests_jitter = 200
# Nobody manages the server through a socket, and a read-only container has no place for one.
control_socket_disable = True
# Requests are logged by the application, with their id.
accesslog = None
errorlog = "-"
