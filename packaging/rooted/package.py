"""Installs the Debian package into a root folder of its own, runs its service under a systemd of its own with all the
bounds of the unit, and takes the package away again."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from root import PATH, Root, copy, debian

SUITE = "trixie"
SETTINGS = "etc/liner/liner.env"
# The container ends when this has: its result is a file, as it has no other way to say something.
UNIT = """[Unit]
After=liner.service
SuccessAction=poweroff
FailureAction=poweroff
[Service]
Type=oneshot
TimeoutStartSec=240
ExecStart=/bin/sh -c 'sh -eux /try.sh >/tried.log 2>&1 && echo whole >>/tried.log'
[Install]
WantedBy=multi-user.target
"""
# Without a key and without pages: rules decide the one link that is queued.
LINK = ('{"url": "https://www.youtube.com/watch?v=clear000001", "og_title": "Ada Lane - Harbour (Official Video)",'
        ' "og_artist": "Ada Lane"}')
TRY = f"""
export LINER_DATA_DIR=/var/lib/liner PORT=$1
until_it_is() {{ for _ in $(seq 300); do [ "$(systemctl show liner --property "$1" --value)" = "$2" ] && return; sleep 0.2; done
    systemctl status liner; exit 1; }}
until_it_is ActiveState active
liner healthcheck --ready
case "$(systemctl show liner --property StatusText --value)" in serving*) ;; *) exit 1 ;; esac
echo '{LINK}' | runuser --user liner -- liner enqueue -
decided() {{ runuser --user liner -- liner library --json | grep '"title": *"Harbour"'; }}
for _ in $(seq 100); do decided && break; sleep 0.2; done
decided
if runuser --user nobody -- ls /var/lib/liner; then exit 1; fi
# One that stands still is ended by the watchdog and started again.
systemctl kill --signal=STOP liner
until_it_is NRestarts 1
until_it_is ActiveState active
liner healthcheck --ready
# A wrong setting is not tried again.
systemctl stop liner
[ "$(systemctl show liner --property Result --value)" = success ]
echo PORT=none >>/{SETTINGS}
if systemctl start liner; then exit 1; fi
until_it_is ActiveState failed
[ "$(systemctl show liner --property ExecMainStatus --value)" = 2 ]
"""


def main(package: Path) -> None:
    work = Path(__file__).resolve().parents[2] / "target/packages"
    if os.geteuid() != 0:
        raise SystemExit("root folders need root; the package was not installed")
    root = Root(work / "installed", {"PATH": PATH, "DEBIAN_FRONTEND": "noninteractive"})
    install(package, root, work)
    look(root)
    serve(root.folder)
    take_away(root)
    print("the package installs, its service runs under its bounds, and what it leaves is what was changed")


def install(package: Path, root: Root, work: Path) -> None:
    (work / "image").mkdir(parents=True, exist_ok=True)
    shutil.rmtree(root.folder, ignore_errors=True)
    copy(debian(SUITE, [], work / "image"), root.folder)
    policy = root.folder / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    shutil.copy(package, root.folder / "liner.deb")
    root.run("apt-get", "update", "--quiet")
    root.run("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", "systemd-sysv", "/liner.deb")


def look(root: Root) -> None:
    """What the package put where."""
    folder = root.folder
    settings = (folder / SETTINGS).stat()
    assert (settings.st_uid, settings.st_mode & 0o777) == (0, 0o600), "others can read the settings"
    assert (folder / "etc/systemd/system/multi-user.target.wants/liner.service").is_symlink(), "it is not enabled"
    root.run("getent", "passwd", "liner")
    conffiles = subprocess.check_output(root.command("dpkg-query", "--show", "--showformat=${Conffiles}", "liner"), text=True)
    assert f"/{SETTINGS}" in conffiles, conffiles
    root.run("sh", "-c", "dpkg --verify liner && liner --version")


def serve(folder: Path) -> None:
    """Boots the root folder, and tries the service in it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / SETTINGS).open("a") as settings:
        settings.write(f"PORT={port}\nLINER_FETCH=false\n")
    (folder / "try.sh").write_text(TRY.replace("$1", str(port), 1))
    (folder / "etc/systemd/system/try.service").write_text(UNIT)
    wants = folder / "etc/systemd/system/multi-user.target.wants/try.service"
    wants.symlink_to("../try.service")
    # A machine that still has the former control groups is no reason to refuse.
    subprocess.run(
        ["systemd-nspawn", f"--directory={folder}", "--boot", "--quiet", "--register=no", "--keep-unit",
         "--setenv=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=400, check=False,
    )
    tried = (folder / "tried.log").read_text()
    if not tried.endswith("whole\n"):
        journal = subprocess.run(["journalctl", f"--root={folder}", "--unit=liner", "--no-pager"], capture_output=True, text=True)
        raise SystemExit(f"the service did not do what it should:\n{tried[-3000:]}\n{journal.stdout[-3000:]}")


def take_away(root: Root) -> None:
    """Removed, it keeps the library and the settings; purged, nothing."""
    data = root.folder / "var/lib/liner"
    data.mkdir(parents=True, exist_ok=True)
    root.run("apt-get", "remove", "--quiet", "--yes", "liner")
    assert data.exists() and (root.folder / SETTINGS).exists(), "removing it took the library or the settings"
    root.run("apt-get", "purge", "--quiet", "--yes", "liner")
    assert not data.exists() and not (root.folder / "etc/liner").exists(), "purging it left something"


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
