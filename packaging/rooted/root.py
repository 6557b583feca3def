"""Root folders: what stands for a base image, and programs that run in one as they would in a container."""

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What the official image of Rust adds to Debian's packages.
RUST_PACKAGES = "ca-certificates,gcc,libc6-dev"
DEVICES = ("null", "zero", "full", "random", "urandom")


@dataclass
class Root:
    """A root folder and how programs run in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    user: str = "0:0"
    cwd: str = "/"
    is_read_only: bool = False
    # What is mounted into it while a program runs: source, place.
    binds: list[tuple[Path, str]] = field(default_factory=list)

    def command(self, *command: str, binds: list[tuple[Path, str]] | None = None) -> list[str]:
        """A program in this root. Its mounts are in a namespace of its own and end with it, so that nothing that is mounted
        can be removed with the folder."""
        here = shlex.quote(str(self.folder))
        script = [f"mount --bind {here} {here}"]
        for source, place in [*self.binds, *(binds or []), (Path("/etc/resolv.conf"), "/etc/resolv.conf")]:
            script.append(f"mount --bind {shlex.quote(str(source))} {here}{place}")
        for device in DEVICES:
            script.append(f"mount --bind /dev/{device} {here}/dev/{device}")
        script.append(f"mount -t proc proc {here}/proc")
        script.append(f"mount -t tmpfs -o mode=1777 tmp {here}/tmp")
        if self.is_read_only:
            script.append(f"mount -o remount,bind,ro {here}")
        uid, _, gid = self.user.partition(":")
        setpriv = ["setpriv", f"--reuid={uid}", f"--regid={gid or uid}", "--clear-groups"]
        if uid != "0":
            setpriv += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        environment = [f"{name}={value}" for name, value in self.environment.items()]
        enter = ["env", "-i", *environment, "chroot", str(self.folder), *setpriv,
                 "/bin/sh", "-c", f'cd {shlex.quote(self.cwd)} && exec "$@"', "sh", *command]
        script.append(f"exec {shlex.join(enter)}")
        return ["unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child", "sh", "-euc",
                "\n".join(script)]

    def run(self, *command: str, binds: list[tuple[Path, str]] | None = None) -> None:
        """Runs a program that must succeed."""
        for _, place in [*self.binds, *(binds or [])]:
            (self.folder / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
        subprocess.run(self.command(*command, binds=binds), check=True, stdin=subprocess.DEVNULL)


def base(image: str, cache: Path) -> Root:
    """What stands for a base image: Debian's packages, and this machine's toolchain where it is the one of the image."""
    name, _, tag = image.partition(":")
    if name == "debian":
        return Root(debian(tag.removesuffix("-slim"), [], cache))
    if name == "rust":
        version, _, suite = tag.partition("-slim-")
        here = subprocess.check_output(["rustc", "--version"], text=True).split()[1]
        if not here.startswith(f"{version}."):
            raise SystemExit(f"{image} has Rust {version}, and this machine {here}")
        sysroot = Path(subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip())
        root = Root(debian(suite, [f"--include={RUST_PACKAGES}"], cache), binds=[(sysroot, "/usr/local/toolchain")])
        root.environment |= {"CARGO_HOME": "/usr/local/cargo", "PATH": f"/usr/local/toolchain/bin:{PATH}"}
        return root
    raise SystemExit(f"nothing stands for the image {image} here")


def debian(suite: str, options: list[str], cache: Path) -> Path:
    """A folder with a release's smallest system; made once."""
    made = cache / "-".join(["debian", suite, *(["rust"] if options else [])])
    if not made.exists():
        unfinished = made.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        print(f"making {made.name}", flush=True)
        command = ["debootstrap", "--variant=minbase", *options, suite, str(unfinished)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        unfinished.rename(made)
    return made


def copy(source: Path, target: Path) -> None:
    """Copies a file, or what is in a folder, with its rights."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--archive", "--reflink=auto", f"{source}/.", str(target)], check=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def size(folder: Path) -> int:
    """The bytes of the files in a folder."""
    return sum(os.lstat(file).st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
