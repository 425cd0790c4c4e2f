from rest_framework.authentication import BasicAuthentication


class TokenAuthentication(BasicAuthentication):
    """SKELETON."""
