"""The middleware, outermost first. Each position that matters says why."""

MIDDLEWARE = [
    # Probes come by IP address over plain HTTP: answer before the host check and the SSL redirect.
    "apps.core.health.middleware.HealthMiddleware",
    # Everything below logs with the id of the request.
    "django_structlog.middlewares.RequestMiddleware",
    # Before whatever may answer by itself (redirects, errors), or those answers lack CORS headers.
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Directly after SecurityMiddleware, so that static files cost no session or user.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # @if cookiecutter.example == "yes"
    # Below WhiteNoise, so that static files do not count; above the host check, so that its refusals do.
    "apps.traffic.middleware.TrafficMiddleware",
    # @endif
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
