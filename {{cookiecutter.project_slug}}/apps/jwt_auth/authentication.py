from rest_framework.authentication import BasicAuthentication


class JWTAuthentication(BasicAuthentication):
    """SKELETON."""
