"""Programs that listen on a port of this machine, and the HTTP that is spoken with them."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

PLACE = os.environ["PLACE"]


class Program:
    """A program that runs until the block ends."""

    def __init__(self, arguments, log, settings=None, cwd=None):
        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                arguments, stdout=output, stderr=output, env={**os.environ, **(settings or {})}, cwd=cwd
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def printed(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def until(self, what, look, seconds=30):
        """Looks again and again until there is something to see."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"it ended before {what}:\n{self.printed()}")
            seen = look()
            if seen:
                return seen
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds} s in vain: {what}\n{self.printed()[-3000:]}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def call(method, url, body=None):
    """The JSON that is answered; None while nobody listens."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {url}: {error.code} {error.read().decode()}") from error
    except (urllib.error.URLError, ConnectionError):
        return None


def held(what, detail=""):
    print(f"ok    {what}{f': {detail}' if detail else ''}", flush=True)
