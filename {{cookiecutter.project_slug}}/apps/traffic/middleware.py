from django.utils.deprecation import MiddlewareMixin


class TrafficMiddleware(MiddlewareMixin):
    """SKELETON."""
