"""``manage.py doctor``: looks at a running or broken project and says what to do about it.

``first_aid`` explains settings that do not load; ``rules`` looks at everything else, each rule in a
thread with a deadline (``examination``); ``report`` prints the findings.
"""
