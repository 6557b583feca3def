"""Executes a Dockerfile's instructions in root folders, where no container engine runs."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile import Ignored, Stage, flags, stages, words
from root import Root, base, copy


@dataclass
class Image:
    """What the last stage leaves: a root folder, and what a container engine would do with it."""

    root: Root
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    stop_signal: str = "SIGTERM"


def build(project: Path, work: Path) -> Image:
    """Executes every instruction of the project's Dockerfile, in their order."""
    work.mkdir(parents=True, exist_ok=True)
    built: dict[str, Image] = {}
    image = None
    for number, stage in enumerate(stages(project / "Dockerfile")):
        print(f"FROM {stage.base}", flush=True)
        stands_for = base(stage.base, work)
        folder = work / f"stage-{stage.name or number}"
        shutil.rmtree(folder, ignore_errors=True)
        copy(stands_for.folder, folder)
        stands_for.folder = folder
        image = Image(stands_for)
        for word, rest in stage.steps:
            print(f"{word} {rest}", flush=True)
            execute(image, word, rest, project, work, built)
        built[stage.name or str(number)] = image
    return image


def execute(image: Image, word: str, rest: str, project: Path, work: Path, built: dict[str, Image]) -> None:
    """Executes one instruction."""
    root = image.root
    given, rest = flags(rest)
    match word:
        case "WORKDIR":
            root.cwd = rest
            (root.folder / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "ENV":
            root.environment |= dict(pair.split("=", 1) for pair in words(rest))
        case "USER":
            root.user = rest
        case "RUN":
            root.run("/bin/sh", "-c", rest, binds=[cache(value, work) for _, value in given])
        case "COPY":
            *sources, target = words(rest)
            stage = dict(given).get("from")
            for source in sources:
                place = root.folder / os.path.join(root.cwd, target).lstrip("/")
                if stage:
                    copy(built[stage].root.folder / source.lstrip("/"), place)
                else:
                    copy_context(project, source, place)
        case "VOLUME":
            image.volumes = words(rest)
        case "EXPOSE":
            image.ports = words(rest)
        case "STOPSIGNAL":
            image.stop_signal = rest
        case "HEALTHCHECK":
            image.healthcheck = words(rest.removeprefix("CMD "))
        case "ENTRYPOINT":
            image.entrypoint = words(rest)
        case "CMD":
            image.command = words(rest)


def cache(mount: str, work: Path) -> tuple[Path, str]:
    """A cache that outlasts a build. Crates that this machine has already are not loaded again."""
    values = dict(pair.split("=", 1) for pair in mount.split(","))
    if values.get("type") != "cache":
        raise SystemExit(f"--mount={mount} is not known here")
    folder = work / f"cache-{values['id']}"
    if values["target"] == "/usr/local/cargo/registry":
        folder = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "registry"
    folder.mkdir(parents=True, exist_ok=True)
    return folder, values["target"]


def copy_context(project: Path, source: str, place: Path) -> None:
    """Copies the files that .dockerignore lets through."""
    if source != ".":
        raise SystemExit(f"COPY {source}: only the whole context is copied here")
    is_ignored = Ignored(project / ".dockerignore")
    listed = subprocess.check_output(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=project)
    files = [name for name in listed.decode().split("\0") if name and not is_ignored(name)]
    for name in files:
        if (project / name).is_file():
            copy(project / name, place / name)
    print(f"{len(files)} files are the context", flush=True)
