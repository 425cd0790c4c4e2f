from rest_framework.authentication import BasicAuthentication


class OAuth2Authentication(BasicAuthentication):
    """SKELETON."""
