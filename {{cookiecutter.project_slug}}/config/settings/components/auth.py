"""Users, passwords, and where the links in e-mails lead."""

from config import project
from config.env import env

AUTH_USER_MODEL = "users.User"
# Every door asks it: only active accounts with a verified address come in.
AUTHENTICATION_BACKENDS = ["apps.users.backends.VerifiedAccountBackend"]

# Argon2 first: it hashes new passwords; the others only verify, and upgrade, older ones.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_URL = "admin:login"

SITE_URL = env.SITE_URL or f"https://{project.DOMAIN}"
# Where there is one, the links lead to its pages /verify-email and /reset-password, else to ours.
FRONTEND_URL = env.FRONTEND_URL
