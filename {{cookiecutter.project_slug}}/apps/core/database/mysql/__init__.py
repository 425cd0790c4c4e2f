"""Django's backend for MySQL and MariaDB, as this project uses it."""
