"""liner with AI_PROVIDER=openai, against the same mocks: they speak Chat Completions too."""

import aimock
import llmock_verdict as llmock
from llmock_verdict import ANSWER, CUT, ROUNDS, TRACKS, asked_well_once, fails, replies


def llmock_playing(*behaviors, **more):
    return llmock.playing(*behaviors, api="openai", **more)


def aimock_playing(*arguments, **more):
    return aimock.playing(*arguments, api="openai", **more)


def completed():
    """llmock: nothing amiss"""
    with llmock_playing(ANSWER) as (model, liner):
        liner.all_completed()
        asked_well_once(model)
        unpriced = liner.rows("select count(*) from model_call where reply is not null and cost_micros is null")
        assert unpriced == [(0,)], "what a call cost is journalled, as AI_PRICES says it"
        return llmock.judged(model, liner)


def limited():
    """llmock: 429 with retry-after 2"""
    with llmock_playing(fails(429, 4, retry_after=2), ANSWER) as (model, liner):
        liner.all_completed()
        asked_well_once(model)
        return llmock.judged(model, liner)


def broken():
    """llmock: 500 to the first requests"""
    with llmock_playing(fails(500, 5), ANSWER, AI_MAX_RETRIES="3") as (model, liner):
        liner.all_completed()
        asked_well_once(model)
        return llmock.judged(model, liner)


def cut_short():
    """llmock: answers cut at the most tokens"""
    with llmock_playing(replies(CUT, "length", 4), ANSWER) as (model, liner):
        liner.all_completed()
        return llmock.judged(model, liner)


def filtered():
    """llmock: refusals"""
    with llmock_playing(replies("", "content_filter", 4), ANSWER) as (model, liner):
        liner.all_completed()
        return llmock.judged(model, liner)


def chatting():
    """llmock: fixed talk instead of JSON"""
    with llmock_playing(replies("Certainly! Here are your tracks.", None, None), tracks=40) as (model, liner):
        liner.at_rest()
        assert liner.nothing_lost()["completed"] == 0, "no answer was about a track"
        assert len(model.requests()) <= 2 * ROUNDS, "two batches, asked about only for some rounds"
        return llmock.judged(model, liner)


def wrong_key():
    """llmock: 401 to every question"""
    with llmock_playing(fails(401, None), ANSWER) as (model, liner):
        reason = liner.until("the reason is told", lambda: liner.get("/api/model")["reason"])
        assert "401" in reason and "OPENAI_API_KEY" in reason, reason
        liner.at_rest()
        assert len(model.requests()) <= 4, "one request of each batch in flight"
        assert liner.counts()["pending"] == TRACKS, "that is not the tracks' fault"
        return llmock.judged(model, liner)


def answered():
    """aimock: nothing amiss"""
    with aimock_playing() as (model, liner):
        liner.all_completed()
        return aimock.judged(model, liner)


def limited_at_aimock():
    """aimock: 429 with retry-after 1, until it has said so five times"""
    with aimock_playing(chaos={"rateLimitRate": 1}) as (model, liner):
        liner.until("it was limited", lambda: len(model.refused(429)) >= 5)
        model.chaos()
        liner.all_completed(60)
        return aimock.judged(model, liner)


def dropped_at_aimock():
    """aimock: 500 to the first requests"""
    with aimock_playing(error=(500, "server_error", "Internal server error", 5), AI_MAX_RETRIES="3") as (model, liner):
        liner.all_completed()
        aimock.not_hammered(model, 4)
        return aimock.judged(model, liner)


def not_json_at_aimock():
    """aimock: fixed talk instead of JSON"""
    with aimock_playing("Certainly! Here are your tracks.", tracks=40) as (model, liner):
        liner.at_rest()
        assert liner.nothing_lost()["completed"] == 0, "no answer was about a track"
        liner.journal_fits(model.answered())
        return f"{len(model.answered())} answers, no track completed, every track waits for another attempt"


def mixed_at_aimock():
    """aimock: limits, errors, broken JSON, broken connections and delays, and then none of it"""
    rates = {"rateLimitRate": 0.3, "dropRate": 0.2, "malformedRate": 0.2, "disconnectRate": 0.1, "latencyMs": 100}
    with aimock_playing(chaos=rates, AI_WORKER_BATCH_SIZE="5") as (model, liner):
        liner.at_rest(60)
        model.chaos()
        liner.all_completed(120)
        return aimock.judged(model, liner)


SCENARIOS = [
    completed, limited, broken, cut_short, filtered, chatting, wrong_key, answered, limited_at_aimock,
    dropped_at_aimock, not_json_at_aimock, mixed_at_aimock,
]  # fmt: skip
