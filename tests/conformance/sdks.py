"""The official packages against the stub: what it sends must be what they know, without a field too many or too few."""

import json
import os

import anthropic
import openai
import pydantic

from programs import PLACE, Program, held

KEY = "conformance"
MODEL = "claude-haiku-5-5"
TRACKS = 'Tracks, one JSON object a line:\n{"id":"t0"}\n{"id":"t1"}\n'
SCHEMA = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "object", "additionalProperties": True}}},
    "required": ["items"],
    "additionalProperties": False,
}


def strictly(parsed):
    """A reply as its own type validates it. The packages themselves take whatever comes."""
    valid = type(parsed).model_validate(json.loads(parsed.to_json()))
    no_extras(valid, type(parsed).__name__)
    return parsed


def no_extras(value, where):
    if isinstance(value, pydantic.BaseModel):
        assert not value.model_extra, f"{where} has fields that its type does not know: {value.model_extra}"
        for name in type(value).model_fields:
            no_extras(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, list):
        for item in value:
            no_extras(item, f"{where}[]")


def raises(kind, ask, status):
    try:
        ask()
    except kind as error:
        assert type(error) is kind and error.status_code == status, f"{error!r} is not {kind.__name__} {status}"
        assert error.request_id, "the error has no id"
        return error
    raise AssertionError(f"nothing was raised where {kind.__name__} was due")


def messages(client):
    def ask(text=TRACKS, **more):
        more = {"model": MODEL, "max_tokens": 1000, **more}
        return client.messages.create(messages=[{"role": "user", "content": text}], **more)

    system = [{"type": "text", "text": "Songs. " * 400, "cache_control": {"type": "ephemeral"}}]
    output = {"format": {"type": "json_schema", "schema": SCHEMA}}
    first, second = (strictly(ask(system=system, output_config=output)) for _ in range(2))
    assert len(json.loads(first.content[0].text)["items"]) == 2 and first.stop_reason == "end_turn"
    assert first.usage.cache_creation_input_tokens == second.usage.cache_read_input_tokens > 0
    assert first._request_id and first._request_id != second._request_id
    counted = strictly(
        client.messages.count_tokens(
            model=MODEL, messages=[{"role": "user", "content": TRACKS}], system=system, output_config=output
        )
    )
    usage = second.usage
    assert counted.input_tokens == usage.input_tokens + usage.cache_read_input_tokens
    held("anthropic: messages.create and count_tokens")

    raises(anthropic.BadRequestError, lambda: ask(extra_body={"temperature": 0.5}), 400)
    raises(anthropic.NotFoundError, lambda: ask(model="claude-3-5-haiku-20241022"), 404)
    limited = raises(anthropic.RateLimitError, lambda: ask("stub:429"), 429)
    assert limited.response.headers["retry-after"] == "1" and limited.type == "rate_limit_error"
    raises(anthropic.OverloadedError, lambda: ask("stub:529"), 529)
    raises(anthropic.InternalServerError, lambda: ask("stub:500"), 500)
    raises(anthropic.AuthenticationError, lambda: messages_with(client, "wrong"), 401)
    held("anthropic: errors 400, 401, 404, 429, 500 and 529 are the exceptions that they should be")


def messages_with(client, key):
    other = client.with_options(api_key=key)
    return other.messages.create(model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "hello"}])


def claude_models(client):
    model = strictly(client.models.retrieve(MODEL))
    assert model.lifecycle == "active" and model.max_tokens == 128_000
    assert model.capabilities.batch.supported and model.capabilities.thinking.types.disabled.supported
    leaving, gone = (strictly(client.models.retrieve(id)) for id in ("claude-sonnet-4-5", "claude-3-5-haiku-20241022"))
    assert (leaving.lifecycle, leaving.id) == ("deprecated", "claude-sonnet-4-5-20250929") and leaving.retires_at
    assert gone.lifecycle == "retired"
    raises(anthropic.NotFoundError, lambda: client.models.retrieve("claude-0"), 404)
    held("anthropic: models.retrieve")


def message_batches(client):
    def request(custom_id, text):
        params = {"model": MODEL, "max_tokens": 1000, "messages": [{"role": "user", "content": text}]}
        return {"custom_id": custom_id, "params": params}

    batches = client.messages.batches
    made = strictly(batches.create(requests=[request("good", TRACKS), request("busy", "stub:529")]))
    # The package asks for the batch to learn where its results are: that is the first look at it.
    raises_not_ended(batches, made.id)
    ended = strictly(batches.retrieve(made.id))
    assert ended.processing_status == "ended" and ended.results_url.endswith(f"{made.id}/results")
    counts = ended.request_counts
    assert (counts.succeeded, counts.errored, counts.processing) == (1, 1, 0)
    results = {line.custom_id: strictly(line).result for line in batches.results(made.id)}
    assert results["good"].message.usage.service_tier == "batch"
    assert results["busy"].error.error.type == "overloaded_error"
    raises(anthropic.BadRequestError, lambda: batches.create(requests=[request("same", "a")] * 2), 400)

    stopped = batches.create(requests=[request("late", TRACKS)])
    assert strictly(batches.cancel(stopped.id)).processing_status == "canceling"
    batches.retrieve(stopped.id)
    assert strictly(batches.retrieve(stopped.id)).request_counts.canceled == 1
    assert [line.result.type for line in batches.results(stopped.id)] == ["canceled"]
    listed = [strictly(batch).id for batch in batches.list(limit=1)]
    assert listed == [stopped.id, made.id], "the pages of one show every batch, newest first"
    held("anthropic: batches.create, retrieve, list, results and cancel")


def raises_not_ended(batches, batch):
    try:
        batches.results(batch)
    except anthropic.AnthropicError as error:
        assert str(error).startswith("No `results_url`"), error
        return
    raise AssertionError("a batch that has not ended has results")


def completions(client):
    def ask(text=TRACKS, **more):
        more = {"model": "gpt-4o-mini", **more}
        return client.chat.completions.create(messages=[{"role": "user", "content": text}], **more)

    schema = {"type": "json_schema", "json_schema": {"name": "tracks", "strict": True, "schema": SCHEMA}}
    reply = strictly(ask(response_format=schema, max_tokens=1000))
    assert len(json.loads(reply.choices[0].message.content)["items"]) == 2 and reply._request_id
    usage = reply.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens_details.cached_tokens == usage.completion_tokens_details.reasoning_tokens == 0
    assert strictly(ask(max_tokens=3)).choices[0].finish_reason == "length"
    strictly(client.models.retrieve("gpt-4o-mini"))
    held("openai: chat.completions.create and models.retrieve")

    raises(openai.NotFoundError, lambda: ask(model="gpt-0"), 404)
    raises(openai.BadRequestError, lambda: ask("stub:400"), 400)
    raises(openai.RateLimitError, lambda: ask("stub:429"), 429)
    raises(openai.InternalServerError, lambda: ask("stub:529"), 529)
    wrong = client.with_options(api_key="wrong")
    raises(openai.AuthenticationError, lambda: wrong.models.retrieve("gpt-4o-mini"), 401)
    held("openai: errors 400, 401, 404, 429 and 529 are the exceptions that they should be")


def reasoning(client):
    def ask(**more):
        return client.chat.completions.create(
            model="gpt-5-nano", messages=[{"role": "user", "content": TRACKS}], **more
        )

    refused = raises(openai.BadRequestError, lambda: ask(max_tokens=100), 400)
    assert (refused.param, refused.code) == ("max_tokens", "unsupported_parameter")
    assert strictly(ask(max_completion_tokens=1000)).usage.completion_tokens_details.reasoning_tokens > 0
    held("openai: a reasoning model refuses max_tokens")


def file_batches(client):
    def line(custom_id, text):
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
        return json.dumps({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body})

    def submit(*lines):
        file = client.files.create(file=("tracks.jsonl", "\n".join(lines).encode()), purpose="batch")
        assert strictly(file).status == "processed"
        return client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"of": "liner"}
        )

    def lines(file):
        return [json.loads(line) for line in client.files.content(file).text.splitlines()]

    made = strictly(submit(line("good", TRACKS), line("busy", "stub:429")))
    assert made.status == "validating" and made.metadata == {"of": "liner"}
    assert strictly(client.batches.retrieve(made.id)).status == "in_progress"
    ended = strictly(client.batches.retrieve(made.id))
    assert (ended.status, ended.request_counts.completed, ended.request_counts.failed) == ("completed", 1, 1)
    (answer,), (error,) = lines(ended.output_file_id), lines(ended.error_file_id)
    body = answer["response"]["body"]
    strictly(openai.types.chat.ChatCompletion.model_validate(body))
    assert ended.usage.output_tokens == body["usage"]["completion_tokens"]
    assert (error["custom_id"], error["response"]["status_code"]) == ("busy", 429)

    stopped = submit(line("late", TRACKS))
    assert strictly(client.batches.cancel(stopped.id)).status == "cancelling"
    client.batches.retrieve(stopped.id)
    assert strictly(client.batches.retrieve(stopped.id)).status == "cancelled"
    wrong = submit("{")
    failed = strictly(client.batches.retrieve(wrong.id))
    assert failed.status == "failed" and failed.errors.data[0].line == 1
    assert [strictly(batch).id for batch in client.batches.list(limit=1)] == [wrong.id, stopped.id, made.id]
    held("openai: files.create and content, batches.create, retrieve, list and cancel")


def stub(name, *arguments):
    return Program([os.environ["MODEL_STUB"], "--key", KEY, *arguments], f"{PLACE}/{name}.log")


def address(program):
    return program.until("it listens", lambda: program.printed().strip())


def main():
    with stub("stub") as program:
        url = address(program)
        client = anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0)
        messages(client)
        claude_models(client)
        message_batches(client)
        client = openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0)
        completions(client)
        file_batches(client)
    with stub("stub-reasoning", "--reasoning") as program:
        reasoning(openai.OpenAI(base_url=f"{address(program)}/v1", api_key=KEY, max_retries=0))


main()
