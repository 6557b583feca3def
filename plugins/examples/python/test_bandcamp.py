"""Run by `python3 -m unittest`, once build.sh has made bindings/."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "bindings"))

from componentize_py_types import Err
from wit_world.imports import types as wit

from bandcamp import Strategy


def track(title: str | None = None, url: str | None = None, platform: str = "bandcamp") -> wit.Track:
    return wit.Track(platform, "id", url, title, None, None, "{}", None, None)


def context(config: str = "{}", rounds_left: int = 2) -> wit.Context:
    return wit.Context(config, 0, rounds_left)


def answers(*items: object) -> str:
    return json.dumps({"items": items})


def named(step: wit.Step) -> list[tuple[int, str, str | None]]:
    return [(made.index, made.outcome.value.title, made.outcome.value.artist) for made in step.decisions]


def asked(step: wit.Step) -> list[list[int]]:
    return [prompt.indexes for prompt in step.prompts]


STRATEGY = Strategy()
TRACKS = [
    track("Stand, by Me, by Ben", "https://ben.bandcamp.com/album/stand"),
    track("A video, by Somebody", platform="youtube"),
    track("Live at home"),
    track(", by Nobody", "https://x.bandcamp.com/track/y?from=/album/z"),
    track(),
]
PLAN = STRATEGY.plan(context(), TRACKS)
PROMPT = PLAN.prompts[0]


def interpret(text: str, rounds_left: int = 2) -> wit.Step:
    reply = wit.Reply(text, wit.Stop.COMPLETE, "test")
    return STRATEGY.interpret(context(rounds_left=rounds_left), TRACKS, PROMPT, reply)


class Configuration(unittest.TestCase):
    def test_its_own_default_fits(self) -> None:
        description = STRATEGY.describe()
        STRATEGY.check_config(description.default_config)
        known, default = json.loads(description.config_schema)["properties"], json.loads(description.default_config)
        self.assertEqual(list(known), list(default))

    def test_what_does_not_fit_is_refused_by_its_key(self) -> None:
        refusals = {
            "no json": "object",
            "[]": "object",
            "null": "object",
            '{"tokens": 1}': "tokens",
            r'{"\ud800": 1}': r"'\ud800'",
            '{"confidence": 1.5}': "confidence",
            '{"confidence": NaN}': "confidence",
            '{"confidence": "1"}': "confidence",
            '{"max_tokens": 0.5}': "max_tokens",
            '{"max_tokens": true}': "max_tokens",
            '{"max_tokens": 4294967296}': "max_tokens",
        }
        for config, why in refusals.items():
            with self.subTest(config), self.assertRaises(Err) as refused:
                STRATEGY.check_config(config)
            self.assertIsInstance(refused.exception.value, wit.Error_InvalidConfig)
            self.assertIn(why, refused.exception.value.value)

    def test_it_is_used(self) -> None:
        step = STRATEGY.plan(context('{"confidence": 0.5, "max_tokens": 7}'), TRACKS)
        self.assertEqual(step.decisions[0].outcome.value.confidence, 0.5)
        self.assertEqual(step.prompts[0].max_output_tokens, 7)


class Plan(unittest.TestCase):
    def test_a_title_that_names_its_artist_is_decided(self) -> None:
        self.assertEqual(named(PLAN), [(0, "Stand, by Me", "Ben")])
        entry = PLAN.decisions[0].outcome.value
        self.assertEqual((entry.music_type, entry.confidence), (wit.MusicType.ALBUM, 0.9))
        origins = {of.field: of.origin for of in entry.origins}
        text, rules = wit.Origin.TEXT, wit.Origin.RULES
        self.assertEqual(origins, {"title": text, "artist": text, "music-type": rules})

    def test_the_rest_of_bandcamp_is_asked_in_one_prompt(self) -> None:
        self.assertEqual(asked(PLAN), [[2, 3, 4]])
        self.assertEqual([json.loads(line)["id"] for line in PROMPT.user.split("\n")], ["t2", "t3", "t4"])
        self.assertEqual((PROMPT.tag, PROMPT.max_output_tokens), ("bandcamp", 1024))

    def test_the_order_of_the_batch_changes_no_result(self) -> None:
        def outcomes(tracks: list[wit.Track]) -> list[tuple[wit.Track, wit.Outcome | None]]:
            made = {decision.index: decision.outcome for decision in STRATEGY.plan(context(), tracks).decisions}
            return [(track, made.get(index)) for index, track in enumerate(tracks)]

        self.assertEqual(outcomes(TRACKS[::-1]), outcomes(TRACKS)[::-1])


class Interpret(unittest.TestCase):
    def test_valid_items_are_kept_and_the_missing_asked_again_while_rounds_are_left(self) -> None:
        answer = answers(
            {"id": "t3", "title": " Song ", "artist": "Y"},
            {"id": "t3", "title": "Again", "artist": "Y"},
            None,
            7,
            [],
            {"id": "t2", "title": "Live", "artist": ""},
            {"id": "t4", "title": 4, "artist": "Y"},
            {"id": ["t4"], "title": "List", "artist": "Y"},
            {"id": "t0", "title": "Not asked", "artist": "Y"},
            {"id": "t99", "title": "Unknown", "artist": "Y"},
        )
        step = interpret(answer)
        self.assertEqual(named(step), [(3, "Song", "Y")])
        self.assertEqual(step.decisions[0].outcome.value.music_type, wit.MusicType.SONG)
        self.assertEqual(asked(step), [[2, 4]])
        self.assertEqual((step.prompts[0].tag, step.prompts[0].system), (PROMPT.tag, PROMPT.system))
        self.assertEqual(asked(interpret(answer, rounds_left=0)), [])

    def test_an_answer_may_come_in_a_fence(self) -> None:
        text = answers({"id": "t2", "title": "Live", "artist": "Ada"})
        self.assertEqual(named(interpret(f"Sure!\n```json\n{text}\n```")), [(2, "Live", "Ada")])

    def test_half_a_surrogate_pair_is_replaced(self) -> None:
        text = answers({"id": "t2", "title": "\ud800", "artist": "A"})
        self.assertEqual(named(interpret(text)), [(2, "\ufffd", "A")])

    def test_no_reply_raises(self) -> None:
        deep = '{"items": ' + "[" * 50_000 + "]" * 50_000 + "}"
        number = '{"items": [' + "1" * 50_000 + "]}"
        for text in ("", "{", "}{", "null", "[]", '{"items": 1}', '{"items": {}}', deep, number, " " * 1_000_000):
            with self.subTest(text[:40]):
                step = interpret(text)
                self.assertEqual((step.decisions, asked(step)), ([], [[2, 3, 4]]))


if __name__ == "__main__":
    unittest.main()
