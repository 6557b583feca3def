"""A guest that imports WASI, as Python's toolchain leaves it, and says in a track's entry what it could find there."""

import os
import random
import socket
import time

from wit_world import exports
from wit_world.imports import types as wit


def attempt(what) -> str:
    try:
        return repr(what())
    except Exception as error:
        return type(error).__name__


def findings() -> str:
    found = {
        "environment": attempt(lambda: dict(os.environ)),
        "file": attempt(lambda: open("/etc/passwd").read()),
        "folder": attempt(lambda: os.listdir("/")),
        "socket": attempt(lambda: socket.create_connection(("127.0.0.1", 80), 1)),
        "time": attempt(lambda: int(time.time())),
        "random": attempt(lambda: random.SystemRandom().random()),
    }
    return "; ".join(f"{name}: {value}" for name, value in found.items())


class Strategy(exports.Strategy):
    def describe(self) -> wit.Description:
        return wit.Description("nosy", "0.1.0", "Says what a guest finds in its WASI.", False, "{}", "{}")

    def check_config(self, config: str) -> None:
        pass

    def plan(self, context: wit.Context, tracks: list[wit.Track]) -> wit.Step:
        print("printed by a guest")
        entry = wit.Extraction(findings(), "nobody", None, [], None, wit.MusicType.SONG, 0.9, [])
        decisions = [wit.Decision(index, wit.Outcome_Extracted(entry)) for index in range(len(tracks))]
        return wit.Step(decisions, [], [])

    def interpret(self, context: wit.Context, tracks: list[wit.Track], prompt: wit.Prompt, reply: wit.Reply) -> wit.Step:
        return wit.Step([], [], [])
