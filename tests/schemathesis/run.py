"""Starts the real host with a stub to ask and something in every list, and lets schemathesis call it.

First with the token, every check; then without it, when every operation that wants one must say so; then a host that has no
token and serves this machine alone.
"""

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


class Neighbour(BaseHTTPRequestHandler):
    """A channel with one post, and a receiver of webhooks."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/rss+xml")
        self.end_headers()
        self.wfile.write(FEED.encode())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def call(liner, method, path, body=None, token=None):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(liner.url + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error


def filled(liner, neighbour, token=None):
    """Puts something into every list, and returns what of it is asked for by name."""
    channel = quote(f"{neighbour}/feed", safe="")
    call(liner, "POST", "/api/music-ai/queue", ROWS, token)
    call(liner, "POST", f"/api/sync/trigger/{channel}", {}, token)
    with open(os.environ["SHADOW"], "rb") as component:
        call(liner, "POST", "/api/plugins?as=shadow", component.read(), token)

    # One that stays, with an attempt in its log, and one that will be removed.
    kept, doomed = (
        call(liner, "POST", "/api/webhooks", {"url": f"{neighbour}/{name}"}, token)["id"] for name in ("kept", "doomed")
    )
    call(liner, "POST", f"/api/webhooks/{kept}/test", {}, token)

    def completed():
        return call(liner, "GET", "/api/music-ai/status", token=token)["queue"]["completed"] >= 2

    liner.until("links are worked off", completed)
    host = call(liner, "GET", "/api/hosts", token=token)["hosts"][0]["id"]
    return {"CHANNEL": channel, "HOST_ID": host, "RECEIVER": f"{neighbour}/kept", "WEBHOOK_ID": kept, "DOOMED_WEBHOOK_ID": doomed}


def tried(name, liner, named, config="schemathesis.toml"):
    """Whether every answer is as the description says, and the host still there to give the next one."""
    print(f"--- {name}", flush=True)
    command = [f"{PLACE}/venv/bin/st", "--config-file", f"{HERE}/{config}", "run", *sys.argv[1:]]
    settings = {"TOKEN": TOKEN, "NO_COLOR": "1", **named}
    ended = subprocess.run([*command, liner.url + "/openapi.json"], env={**os.environ, **settings}, cwd=PLACE)
    if (code := liner.process.poll()) is not None:
        sys.exit(f"the host ended with {code}; {liner.log} says more")
    return ended.returncode == 0


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    neighbour = f"http://127.0.0.1:{server.server_port}"
    with Program([os.environ["MODEL_STUB"]], f"{PLACE}/stub.log") as stub:
        model = stub.until("the stub listens", lambda: stub.printed().strip())
        allowed = {"LINER_FETCH_ALLOW": "127.0.0.1", "WEBHOOK_ALLOW": "127.0.0.1"}
        common = {**asking("anthropic", model), **allowed, "LINER_FETCH": "false"}
        with Liner("guarded", {**common, "LINER_ADMIN_TOKEN": TOKEN}) as liner:
            named = filled(liner, neighbour, TOKEN)
            good = tried("with the token", liner, named)
            good &= tried("without the token", liner, named, config="stranger.toml")
        with Liner("open", common) as liner:
            good &= tried("on a host without a token", liner, filled(liner, neighbour))
        sys.exit(0 if good else "some answers are not as the description says")


main()
