"""Builds the image as the Dockerfile says, and tries it as a container engine would run it: as the image's user, without
rights, on a root folder that cannot be written to, with the volume as the only place that can."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from build import Image, build
from root import size

TOKEN = "a-token-of-this-check-only"
LINK = {"url": "https://www.youtube.com/watch?v=clear000001", "og_title": "Ada Lane - Harbour (Official Video)",
        "og_artist": "Ada Lane"}


def main() -> None:
    project = Path(__file__).resolve().parents[2]
    if os.geteuid() != 0:
        raise SystemExit("root folders need root; the image was not built")
    image = build(project, project / "target/packages/image")
    print(f"image_bytes {size(image.root.folder)} bytes")
    attempt(image, project / "target/packages/image/volume")
    print("the image serves as its user, on a root folder that cannot be written to")


def attempt(image: Image, volume: Path) -> None:
    """Runs the image's command, and everything a user of it does first."""
    root = image.root
    [place] = image.volumes
    uid = int(root.user.partition(":")[0])
    assert uid != 0, "the image's user is root"
    # A new volume begins as what the image has at its place.
    subprocess.run(["rm", "-rf", str(volume)], check=True)
    subprocess.run(["cp", "--archive", str(root.folder / place.lstrip("/")), str(volume)], check=True)
    assert volume.stat().st_uid == uid, "the volume is not its user's"
    root.binds, root.is_read_only = [(volume, place)], True
    root.environment |= {"PORT": str(free_port()), "LINER_ADMIN_TOKEN": TOKEN, "LINER_FETCH": "false"}
    (root.folder / "etc/resolv.conf").touch()
    running = subprocess.Popen(root.command(*image.entrypoint, *image.command), stdin=subprocess.DEVNULL)
    try:
        wait("the health check succeeds", lambda: is_healthy(image))
        refuses_writes(image, place)
        queue_and_see(root.environment["PORT"])
        assert written_by(volume) == {uid}, "files of others are in the volume"
        stop(running, image.stop_signal)
    finally:
        running.kill()
    assert not is_healthy(image), "a host that has ended seems to live"


def is_healthy(image: Image) -> bool:
    return subprocess.run(image.root.command(*image.healthcheck), stderr=subprocess.DEVNULL).returncode == 0


def refuses_writes(image: Image, volume: str) -> None:
    for folder in ("/", "/etc", "/usr/bin", "/var/lib"):
        touched = subprocess.run(image.root.command("touch", f"{folder}/x"), capture_output=True, text=True)
        assert "Read-only file system" in touched.stderr, f"{folder} can be written to: {touched.stderr}"


def queue_and_see(port: str) -> None:
    def ask(method: str, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"authorization": f"Bearer {TOKEN}"})
        request.method = method
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    ask("POST", "/api/music-ai/queue", [LINK])
    path = "/api/music-ai/library/youtube/clear000001"
    wait("the link is an entry", lambda: ask("GET", path).get("title") == "Harbour")


def written_by(folder: Path) -> set[int]:
    return {file.stat().st_uid for file in folder.rglob("*")}


def stop(running: subprocess.Popen, name: str) -> None:
    """Signals the program itself, as an engine would: it is the one process in its namespace."""
    [child] = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    os.kill(int(child), getattr(signal, name))
    code = running.wait(timeout=40)
    assert code == 0, f"it ended with {code}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait(what: str, holds) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"waited in vain: {what}")


if __name__ == "__main__":
    sys.exit(main())
