"""aimock as the model: its answers are made from the questions, and its chaos comes at any rate and goes again."""

import json
from collections import Counter
from contextlib import contextmanager

from liner import QUESTIONS, Liner, asking
from llmock_verdict import ROUNDS, TRACKS
from programs import PLACE, Program, call, free_port


class Mock(Program):
    def __init__(self, api, *arguments):
        port = free_port()
        self.path = QUESTIONS[api]
        super().__init__(["node", "aimock.mjs", str(port), *arguments], f"{PLACE}/aimock.log", cwd=PLACE)
        self.url = f"http://127.0.0.1:{port}"
        self.until("aimock listens", lambda: self.url in self.printed())

    def chaos(self, **rates):
        call("POST", f"{self.url}/__aimock/chaos", rates)

    def fails_next(self, status, kind, message, times):
        for _ in range(times):
            call("POST", f"{self.url}/__aimock/error", {"status": status, "body": {"type": kind, "message": message}})

    def requests(self):
        return [entry for entry in call("GET", f"{self.url}/__aimock/journal") if entry["path"] == self.path]

    def answered(self):
        """Requests that were answered with a message."""
        whole = [entry for entry in self.requests() if entry["response"]["status"] == 200]
        return [entry for entry in whole if entry["response"].get("chaosAction") != "malformed"]

    def refused(self, status):
        return [entry for entry in self.requests() if entry["response"]["status"] == status]


def user(entry):
    return entry["body"]["messages"][-1]["content"]


@contextmanager
def playing(*arguments, api="anthropic", chaos=None, error=None, tracks=TRACKS, **settings):
    """aimock with this chaos, and liner with its tracks queued."""
    with Mock(api, *arguments) as model:
        if chaos:
            model.chaos(**chaos)
        if error:
            model.fails_next(*error)
        with Liner("aimock-liner", {**asking(api, model.url), **settings}) as liner:
            liner.queue(tracks)
            yield model, liner


def judged(model, liner):
    """What holds whatever happened; says it in words."""
    states = liner.nothing_lost()
    answered = model.answered()
    liner.journal_fits(answered)
    questions = [user(entry) for entry in answered]
    assert len(questions) == len(set(questions)), "a question was put again after it was answered"
    asked = sum(question.count('{"id"') for question in questions)
    assert states["completed"] == asked, f"{states['completed']} are completed, {asked} were answered"
    assert liner.tokens() == (100 * len(answered), 10 * asked), f"{liner.tokens()} tokens are journalled"
    statuses = Counter(entry["response"]["status"] for entry in model.requests())
    reached = ", ".join(f"{count} {state}" for state, count in states.items() if count)
    return f"{reached}; responses {json.dumps(dict(sorted(statuses.items())))}"


def not_hammered(model, longest):
    """The same question is put at most so often, and each time after a longer pause than before."""
    times = {}
    for entry in model.requests():
        times.setdefault(user(entry), []).append(entry["timestamp"] / 1000)
    for asked in times.values():
        assert len(asked) <= longest, f"one question was put {len(asked)} times"
        pauses = [later - earlier for earlier, later in zip(asked, asked[1:])]
        assert all(pause > 0.35 for pause in pauses), f"asked again after {min(pauses):.2f} s"


def rate_limit():
    """429 with retry-after 1, until it has said so five times"""
    with playing(chaos={"rateLimitRate": 1}) as (model, liner):
        liner.until("it was limited", lambda: len(model.refused(429)) >= 5)
        model.chaos()
        liner.all_completed(60)
        for question in {user(entry) for entry in model.requests()}:
            asked = [entry["timestamp"] for entry in model.requests() if user(entry) == question]
            pauses = [later - earlier for earlier, later in zip(asked, asked[1:])]
            assert all(pause >= 950 for pause in pauses), f"asked again after {min(pauses)} ms"
        return judged(model, liner)


def overloaded():
    """529 without retry-after, after which liner leaves it alone for half a minute"""
    with playing(error=(529, "overloaded_error", "Overloaded", 3), AI_MAX_RETRIES="3") as (model, liner):
        liner.all_completed(150)
        not_hammered(model, 4)
        return judged(model, liner)


def dropped():
    """500 to the first requests"""
    with playing(error=(500, "api_error", "Internal server error", 5), AI_MAX_RETRIES="3") as (model, liner):
        liner.all_completed()
        not_hammered(model, 4)
        return judged(model, liner)


def slow():
    """answers that take 1.5 s"""
    with playing(chaos={"latencyMs": 1500}) as (model, liner):
        liner.all_completed()
        return judged(model, liner)


def not_json():
    """fixed talk instead of JSON"""
    with playing("Certainly! Here are your tracks.", tracks=40) as (model, liner):
        liner.at_rest()
        assert liner.nothing_lost()["completed"] == 0, "no answer was about a track"
        liner.journal_fits(model.answered())
        asked = len(model.answered())
        assert 2 <= asked <= 2 * ROUNDS, f"two batches, asked about {asked} times"
        return f"{asked} answers, no track completed, every track waits for another attempt"


def broken_off():
    """connections that end without a response"""
    with playing(chaos={"disconnectRate": 1}, tracks=40) as (model, liner):
        liner.at_rest()
        states = liner.nothing_lost()
        assert (states["completed"], len(model.answered())) == (0, 0)
        not_hammered(model, 3)
        return f"{len(model.requests())} connections broke off, {states['pending']} tracks wait"


def mixed():
    """limits, errors, broken JSON, broken connections and delays, and then none of it"""
    rates = {"rateLimitRate": 0.3, "dropRate": 0.2, "malformedRate": 0.2, "disconnectRate": 0.1, "latencyMs": 100}
    with playing(chaos=rates, AI_WORKER_BATCH_SIZE="5") as (model, liner):
        liner.at_rest(60)
        model.chaos()
        liner.all_completed(120)
        return judged(model, liner)


SCENARIOS = [rate_limit, overloaded, dropped, slow, not_json, broken_off, mixed]
