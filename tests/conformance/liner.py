"""The real liner with a database of its own, and what must be true of it at the end."""

import json
import os
import sqlite3
import tempfile

from programs import PLACE, Program, call


# Where each API is asked questions.
QUESTIONS = {"anthropic": "/v1/messages", "openai": "/v1/chat/completions"}


def asking(api, model_url):
    """The settings for a mock that speaks an API."""
    if api == "anthropic":
        return {"ANTHROPIC_BASE_URL": model_url, "ANTHROPIC_API_KEY": "anything"}
    return {
        "AI_PROVIDER": "openai",
        "AI_MODEL": "gpt-4o-mini",
        "AI_PRICES": "gpt-4o-mini=0.15/0.60",
        "OPENAI_BASE_URL": f"{model_url}/v1",
        "OPENAI_API_KEY": "anything",
    }


class Liner(Program):
    """`liner serve`, asking a mock."""

    def __init__(self, name, settings):
        self.folder = tempfile.TemporaryDirectory(prefix="conformance-")
        everything = {
            "PORT": "0",
            "LINER_DATA_DIR": self.folder.name,
            "AI_WORKER_INTERVAL_MS": "100",
            "AI_WORKER_BATCH_SIZE": "20",
            "AI_WORKER_CONCURRENCY": "4",
            "AI_MAX_RETRIES": "2",
            "AI_TIMEOUT_MS": "5000",
            "RUST_LOG": "liner=warn",
            **settings,
        }
        super().__init__([os.environ["LINER"], "serve"], f"{PLACE}/{name}.log", everything, self.folder.name)
        self.queued = 0
        self.url = self.until("liner serves", self.address, 120)

    def address(self):
        lines = self.printed().splitlines()
        served = any(line.startswith("required") for line in lines)
        return next((line.split()[1] for line in lines if served and line.startswith("address")), None)

    def __exit__(self, *more):
        super().__exit__(*more)
        self.folder.cleanup()

    def get(self, path):
        return call("GET", self.url + path)

    def queue(self, count):
        """Links with titles that no rule can decide."""
        numbers = range(self.queued, self.queued + count)
        rows = [
            {"url": f"https://www.youtube.com/watch?v=vague{n:06}", "og_title": f"untitled upload {n}"} for n in numbers
        ]
        taken = call("POST", self.url + "/api/music-ai/queue", rows)
        assert taken["queued"] == count, taken
        self.queued += count

    def counts(self):
        return self.get("/api/music-ai/status")["queue"]

    def all_completed(self, seconds=30):
        def done():
            return self.counts()["completed"] == self.queued

        self.until("every track is completed", done, seconds)

    def at_rest(self, seconds=30):
        """Until nothing is being worked on, and nothing can be before some time has passed."""
        looks = []

        def quiet():
            counts, worker = self.counts(), self.get("/api/music-ai/worker/status")["worker"]
            idle = counts["processing"] == 0 and worker["batchesInFlight"] == 0
            looks.append(json.dumps(counts) if idle else None)
            return idle and looks[-8:] == [looks[-1]] * 8

        self.until("the worker has nothing to do", quiet, seconds)

    def rows(self, sql):
        """What the database says; it is read while liner runs."""
        database = sqlite3.connect(f"file:{self.folder.name}/liner.db?mode=ro", uri=True)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def nothing_lost(self):
        """Every track that was queued is completed, waits, or failed; says which."""
        counts = self.counts()
        assert counts["total"] == self.queued, f"{self.queued} were queued: {counts}"
        states = {state: counts[state] for state in ("completed", "pending", "processing", "failed")}
        assert sum(states.values()) == self.queued, counts
        failed = self.get("/api/music-ai/failed?limit=100")["items"]
        assert len(failed) == min(counts["failed"], 100) and all(item["error"] for item in failed), failed[:3]
        return states

    def journal_fits(self, questions):
        """Every answer that the mock gave to a question is journalled once, and no other is."""
        answered = self.rows("select count(*) from model_call where reply is not null")[0][0]
        assert answered == len(questions), f"the mock answered {len(questions)} questions, {answered} are journalled"

    def tokens(self):
        return self.rows("select coalesce(sum(tokens_in), 0), coalesce(sum(tokens_out), 0) from model_call")[0]
