"""llmock as the model: it refuses, delays and cuts what it is told to, and judges how its client took it.

It answers fixed texts only: one about twenty tracks answers every question, as liner numbers the tracks of each.
"""

import json
from contextlib import contextmanager

from liner import QUESTIONS, Liner, asking
from programs import PLACE, Program, call, free_port

TRACKS = 200
# Where llmock has the APIs.
PREFIXES = {"anthropic": "/anthropic", "openai": ""}
# How often a batch is asked about again, at most.
ROUNDS = 6


def item(index):
    return {
        "id": f"t{index}", "music": True, "t": f"Song {index}", "a": "Ada Lane", "al": None, "g": ["folk"],
        "d": "2020", "y": "song", "c": 0.9,
    }  # fmt: skip


GOOD = json.dumps({"items": [item(index) for index in range(20)]})
CUT = GOOD[: len(GOOD) // 3]
ANSWER = {"type": "reply", "text": GOOD, "times": None}


def fails(status, times, retry_after=None):
    fault = {"type": "fail", "status": status, "times": times}
    return fault if retry_after is None else {**fault, "retry_after": retry_after}


def replies(text, finish_reason, times):
    return {"type": "reply", "text": text, "finish_reason": finish_reason, "times": times}


class Mock(Program):
    def __init__(self, api, *arguments):
        port = free_port()
        self.path = PREFIXES[api] + QUESTIONS[api]
        super().__init__([f"{PLACE}/venv/bin/llmock", "serve", "--port", str(port), *arguments], f"{PLACE}/llmock.log")
        self.url = f"http://127.0.0.1:{port}"
        self.until("llmock listens", lambda: call("GET", f"{self.url}/health"))

    def told(self, *behaviors):
        """What the next questions meet. What a model can do, and how many tokens a prompt has, is asked elsewhere."""
        behaviors = [{**behavior, "match": {"path": self.path}} for behavior in behaviors]
        call("POST", f"{self.url}/_llmock/scenario", {"behaviors": behaviors})

    def requests(self):
        """The questions."""
        requests = call("GET", f"{self.url}/_llmock/requests")["requests"]
        return [request for request in requests if request["path"] == self.path]

    def verdict(self):
        return call("GET", f"{self.url}/_llmock/verdict")

    def answered(self):
        """Requests whose answer arrived."""
        return [request for request in self.requests() if request["status"] == 200 and request["completed"]]

    def refused(self):
        return [request for request in self.requests() if request["status"] >= 400]


@contextmanager
def playing(*behaviors, api="anthropic", mock=(), tracks=TRACKS, **settings):
    """llmock with these behaviours, and liner with its tracks queued."""
    with Mock(api, *mock) as model:
        model.told(*behaviors)
        with Liner("llmock-liner", {**asking(api, model.url + PREFIXES[api]), **settings}) as liner:
            liner.queue(tracks)
            yield model, liner


def judged(model, liner):
    """What holds whatever happened; says it in words."""
    states = liner.nothing_lost()
    verdict = model.verdict()
    assert verdict["passed"] and not verdict["errors"], json.dumps(verdict, indent=1)
    liner.journal_fits(model.answered())
    reached = ", ".join(f"{count} {state}" for state, count in states.items() if count)
    warned = sorted({finding["code"] for finding in verdict["findings"]})
    warnings = f", warned of {', '.join(warned)}" if warned else ""
    return f"{reached}; verdict clean on {verdict['attempts']} requests, {len(model.refused())} refused{warnings}"


def asked_well_once(model):
    """No question is put again after it was answered well."""
    seen = set()
    for request in model.answered():
        assert request["fingerprint"] not in seen, f"request {request['seq']} was answered before"
        seen.add(request["fingerprint"])


def rate_limit():
    """429 with retry-after 2"""
    with playing(fails(429, 4, retry_after=2), ANSWER) as (model, liner):
        liner.all_completed()
        asked_well_once(model)
        return judged(model, liner)


def quota():
    """a real quota of 8 requests a minute, of which it names the wait"""
    with playing(ANSWER, mock=("--rpm", "8"), AI_MAX_RETRIES="4") as (model, liner):
        liner.all_completed(90)
        asked_well_once(model)
        # It is refused, or it heeds what the answers before say is left: either way it has to wait for the rest.
        requests = model.requests()
        waited = requests[-1]["started_at"] - requests[0]["ended_at"]
        assert waited > 5, f"the quota was never reached: all was asked within {waited:.1f} s"
        assert len(model.refused()) <= 4, "only what was under way when it was reached is refused"
        return judged(model, liner)


def overloaded():
    """529 with retry-after 1"""
    with playing(fails(529, 5), ANSWER) as (model, liner):
        liner.all_completed()
        asked_well_once(model)
        return judged(model, liner)


def overloaded_for_long():
    """529 without end"""
    with playing(fails(529, None), ANSWER, AI_MAX_RETRIES="1") as (model, liner):
        liner.until("the model rests", lambda: liner.get("/api/model")["restingReason"])
        liner.at_rest()
        requests = model.requests()
        seconds = requests[-1]["started_at"] - requests[0]["ended_at"]
        allowed = 4 * (1 + int(seconds))
        assert len(requests) <= allowed, f"{len(requests)} requests in {seconds:.1f} s; four batches may send {allowed}"
        assert liner.counts()["pending"] == TRACKS, "that is not the tracks' fault"
        return judged(model, liner)


def delayed():
    """answers that take 1.5 s"""
    with playing({"type": "delay", "seconds": 1.5, "times": 6}, ANSWER) as (model, liner):
        liner.all_completed()
        asked_well_once(model)
        return judged(model, liner)


def too_late():
    """two answers that come after AI_TIMEOUT_MS"""
    with playing({"type": "delay", "seconds": 3, "times": 2}, ANSWER, AI_TIMEOUT_MS="1000") as (model, liner):
        liner.at_rest()
        states = liner.nothing_lost()
        assert states["completed"] >= TRACKS - 40, states
        verdict = model.verdict()
        assert verdict["passed"], verdict
        return f"{states['completed']} completed, {states['pending']} wait for another attempt"


def truncated():
    """answers cut at max_tokens"""
    with playing(replies(CUT, "length", 4), ANSWER) as (model, liner):
        liner.all_completed()
        return judged(model, liner)


def refusing():
    """refusals"""
    with playing(replies("", "content_filter", 4), ANSWER) as (model, liner):
        liner.all_completed()
        return judged(model, liner)


def talking():
    """fixed talk instead of JSON"""
    with playing(replies("Certainly! Here are your tracks.", None, None), tracks=40) as (model, liner):
        liner.at_rest()
        states = liner.nothing_lost()
        assert states["completed"] == 0, "no answer was about a track"
        assert len(model.requests()) <= 2 * ROUNDS, "two batches, asked about only for some rounds"
        return judged(model, liner)


def misconfigured():
    """401 to every question"""
    with playing(fails(401, None), ANSWER) as (model, liner):
        reason = liner.until("the reason is told", lambda: liner.get("/api/model")["reason"])
        assert "401" in reason and "ANTHROPIC_API_KEY" in reason, reason
        liner.at_rest()
        assert len(model.requests()) <= 4, "one request of each batch in flight"
        assert liner.counts()["pending"] == TRACKS, "that is not the tracks' fault"
        return judged(model, liner)


def mixed():
    """429, 529, 500, cut, refused, late and good answers in turn"""
    faults = [
        fails(429, 2, retry_after=1),
        replies(CUT, "length", 1),
        fails(529, 1),
        {"type": "delay", "seconds": 1, "times": 3},
        fails(500, 2),
        replies("", "content_filter", 2),
        fails(429, 1, retry_after=0.3),
        replies("{}", None, 1),
    ]
    with playing(*faults, ANSWER) as (model, liner):
        liner.all_completed(60)
        return judged(model, liner)


def limited_for_all():
    """429 to one question: nobody else asks before retry-after"""
    slow = {"type": "delay", "seconds": 0.3, "times": None}
    with playing(slow, fails(429, 1, retry_after=3), ANSWER) as (model, liner):
        liner.all_completed()
        (limited,) = model.refused()
        # What had left before the refusal arrived is not held against it.
        from_, until = limited["ended_at"] + 0.2, limited["ended_at"] + 2.9
        early = [request["seq"] for request in model.requests() if from_ < request["started_at"] < until]
        assert not early, f"requests {early} did not wait"
        return judged(model, liner)


SCENARIOS = [
    rate_limit, quota, overloaded, overloaded_for_long, delayed, too_late, truncated, refusing, talking,
    misconfigured, mixed, limited_for_all,
]  # fmt: skip
