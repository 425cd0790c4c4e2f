"""The mail catcher of development: prints every e-mail, keeps it, and shows it at ``/mails/``.

Only ``config.settings.local`` installs it. It sends nothing, and needs no server and no port.
"""
