"""A Dockerfile, as far as liner's uses the language: what it does not know it refuses, so that nothing is passed over."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "LABEL", "ENV", "VOLUME", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
         "ENTRYPOINT", "CMD"}


@dataclass
class Stage:
    """What follows a FROM."""

    base: str
    name: str | None
    steps: list[tuple[str, str]] = field(default_factory=list)


def stages(path: Path) -> list[Stage]:
    """The stages of a file, each with its instructions in their order."""
    found: list[Stage] = []
    for word, rest in instructions(path.read_text()):
        if word not in KNOWN:
            raise SystemExit(f"{path}: {word} is not known here; teach {Path(__file__).name} what it does")
        if word == "FROM":
            match = re.fullmatch(r"(\S+)(?:\s+AS\s+(\S+))?", rest, re.IGNORECASE)
            if not match:
                raise SystemExit(f"{path}: FROM {rest} is not understood")
            found.append(Stage(match[1], match[2]))
        else:
            found[-1].steps.append((word, rest))
    return found


def instructions(text: str) -> list[tuple[str, str]]:
    """Lines that are continued are joined; comments go, those between them too."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def words(rest: str) -> list[str]:
    """The exec form, a JSON array; or words as a shell splits them."""
    return json.loads(rest) if rest.startswith("[") else shlex.split(rest)


def flags(rest: str) -> tuple[list[tuple[str, str]], str]:
    """The --name=value flags at the beginning, and what follows them."""
    found = []
    while match := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
        found.append((match[1], match[2]))
        rest = rest[match.end():]
    return found, rest


class Ignored:
    """What .dockerignore keeps out of the context: the last pattern that matches a path, or a folder it is in, decides."""

    def __init__(self, path: Path) -> None:
        self.patterns = []
        for line in path.read_text().splitlines():
            if line and not line.startswith("#"):
                is_kept, pattern = line.startswith("!"), line.removeprefix("!")
                if re.search(r"[\[\]?]", pattern):
                    raise SystemExit(f"{path}: {line} is not understood")
                parts = re.split(r"(\*\*/|\*)", pattern)
                regex = "".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
                self.patterns.append((re.compile(f"{regex}(?:/.*)?"), is_kept))

    def __call__(self, path: str) -> bool:
        ignored = False
        for pattern, is_kept in self.patterns:
            if pattern.fullmatch(path):
                ignored = not is_kept
        return ignored
