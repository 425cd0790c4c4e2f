"""Liveness and readiness for platforms, load balancers and people."""
