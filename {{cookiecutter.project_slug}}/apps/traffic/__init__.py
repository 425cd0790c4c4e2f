"""Who asks how often, and for what: an example of counting without a row for each request.

The middleware counts each request in Redis, by address and hour. Once an hour, a task writes the
addresses that asked too often, or for what only attackers ask for, into a table that the admin shows.
"""
