"""Starts the real host with a stub to ask and something in every list, and lets schemathesis call it.

First with the token, every check; then without it, when every operation that wants one must say so; then a host that has no
token and serves this machine alone.
"""

import json
import os
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote

from liner import Liner, asking
from programs import PLACE, Program

HERE = os.path.dirname(os.path.abspath(__file__))
TOKEN = "a-token-of-the-tests"
FEED = """<rss version="2.0"><channel><title>Songs</title><item><guid>1</guid><description>
https://www.youtube.com/watch?v=abcdefghijk</description></item></channel></rss>"""
ROWS = [
    {"url": "https://youtu.be/dQw4w9WgXcQ", "og_title": "Ada Lane - Harbour (Official Video)", "og_artist": "Ada Lane"},
    {"url": "https://www.youtube.com/watch?v=vague000001", "og_title": "untitled upload"},
    {"url": "https://example.org/a/page/of/some/depth?x=1", "og_title": "Ünïcödé — 題"},
]


class Feed(BaseHTTPRequestHandler):
    """A channel with one post."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/rss+xml")
        self.end_headers()
        self.wfile.write(FEED.encode())

    def log_message(self, *_):
        pass


def call(liner, method, path, body=None, token=None):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(liner.url + path, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def filled(liner, channel, token=None):
    """Puts something into every list, and returns the host's id."""
    call(liner, "POST", "/api/music-ai/queue", ROWS, token)
    call(liner, "POST", f"/api/sync/trigger/{quote(channel, safe='')}", {}, token)
    call(liner, "POST", "/api/plugins/llm/shadow", {}, token)

    def completed():
        return call(liner, "GET", "/api/music-ai/status", token=token)["queue"]["completed"] >= 2

    liner.until("links are worked off", completed)
    return call(liner, "GET", "/api/hosts", token=token)["hosts"][0]["id"]


def tried(name, liner, host, channel, *arguments):
    """Whether every answer is as the description says."""
    print(f"--- {name}", flush=True)
    command = [f"{PLACE}/venv/bin/st", "--config-file", f"{HERE}/schemathesis.toml", "run", *arguments, *sys.argv[1:]]
    settings = {"TOKEN": TOKEN, "HOST_ID": host, "CHANNEL": channel, "NO_COLOR": "1"}
    ended = subprocess.run([*command, liner.url + "/openapi.json"], env={**os.environ, **settings}, cwd=PLACE)
    return ended.returncode == 0


def main():
    feed = HTTPServer(("127.0.0.1", 0), Feed)
    threading.Thread(target=feed.serve_forever, daemon=True).start()
    channel = f"http://127.0.0.1:{feed.server_port}/feed"
    with Program([os.environ["MODEL_STUB"]], f"{PLACE}/stub.log") as stub:
        model = stub.until("the stub listens", lambda: stub.printed().strip())
        common = {**asking("anthropic", model), "LINER_FETCH": "false", "LINER_FETCH_ALLOW": "127.0.0.1"}
        with Liner("guarded", {**common, "LINER_ADMIN_TOKEN": TOKEN}) as liner:
            host = filled(liner, channel, TOKEN)
            good = tried("with the token", liner, host, channel)
            # Nothing but refusals: a few calls each are enough.
            good &= tried("without the token", liner, host, channel, "--config-file", f"{HERE}/stranger.toml")
        with Liner("open", common) as liner:
            host = filled(liner, channel)
            # Here nobody is asked who they are.
            good &= tried("on a host without a token", liner, host, channel, "--exclude-checks", "ignored_auth")
        sys.exit(0 if good else "some answers are not as the description says")


main()
