"""``python docker/healthcheck.py /health/ready``: whether the site in this container answers 200.

Of the standard library only, so that it costs little. Not ``urllib``: a proxy of the environment would be
asked for our own machine.
"""

import http
import http.client
import os
import sys

SECONDS = 4


def main(path: str) -> int:
    """Ask; return the exit status that Docker expects."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8000), timeout=SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        # Docker keeps it: `docker inspect` shows what was wrong.
        sys.stdout.write(f"{answer.status} {answer.read(1000).decode(errors='replace')}\n")
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"The site does not answer: {error}\n")
        return 1
    finally:
        connection.close()
    return 0 if answer.status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
