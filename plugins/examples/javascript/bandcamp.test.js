import assert from "node:assert/strict";
import { test } from "node:test";
import { strategy } from "./bandcamp.js";

const track = (page) => ({ platformName: "bandcamp", platformId: "id", ogMetadata: "{}", ...page });
const context = (more) => ({ config: "{}", round: 0, roundsLeft: 2, ...more });
const reply = (text) => ({ text, stop: "complete", model: "test" });
const answers = (...items) => reply(JSON.stringify({ items }));

const TRACKS = [
  track({ ogTitle: "Stand, by Me, by Ben", url: "https://ben.bandcamp.com/album/stand" }),
  track({ ogTitle: "A video, by Somebody", platformName: "youtube" }),
  track({ ogTitle: "Live at home", ogArtist: "Ada" }),
  track({ ogTitle: ", by Nobody", url: "https://x.bandcamp.com/track/y?from=/album/z" }),
  track({}),
];
const PLAN = strategy.plan(context(), TRACKS);
const [PROMPT] = PLAN.prompts;
const interpret = (answer, more) => strategy.interpret(context({ round: 1, ...more }), TRACKS, PROMPT, answer);
const named = (step) => step.decisions.map(({ index, outcome: { val } }) => [index, val.title, val.artist]);
const asked = (step) => step.prompts.map((prompt) => [...prompt.indexes]);

test("its own default configuration fits", () => {
  const { name, defaultConfig, configSchema } = strategy.describe();
  assert.match(name, /^[a-z0-9-]+$/);
  strategy.checkConfig(defaultConfig);
  assert.deepEqual(Object.keys(JSON.parse(configSchema).properties), Object.keys(JSON.parse(defaultConfig)));
});

test("a configuration that does not fit is refused by its key", () => {
  const refusals = {
    "no json": /object/, "[]": /object/, "null": /object/, '{"tokens": 1}': /tokens/, '{"toString": 1}': /toString/,
    '{"confidence": 1.5}': /confidence/, '{"confidence": "1"}': /confidence/, '{"max_tokens": 0.5}': /max_tokens/,
    '{"max_tokens": true}': /max_tokens/, '{"max_tokens": 4294967296}': /max_tokens/,
  };
  for (const [config, val] of Object.entries(refusals)) {
    const refused = ({ payload }) => payload.tag === "invalid-config" && val.test(payload.val);
    assert.throws(() => strategy.checkConfig(config), refused, config);
    assert.throws(() => strategy.plan(context({ config }), []), refused, config);
  }
});

test("a title that names its artist is decided, the rest of Bandcamp asked in one prompt, others passed on", () => {
  const { outcome } = PLAN.decisions[0];
  assert.deepEqual(named(PLAN), [[0, "Stand, by Me", "Ben"]]);
  assert.deepEqual([outcome.tag, outcome.val.musicType, outcome.val.confidence], ["extracted", "album", 0.9]);
  assert.deepEqual(outcome.val.origins.map(({ field, origin }) => `${field}: ${origin}`), [
    "title: text", "artist: text", "music-type: rules",
  ]);
  assert.deepEqual(asked(PLAN), [[2, 3, 4]]);
  assert.deepEqual(PROMPT.user.split("\n").map((line) => JSON.parse(line).id), ["t2", "t3", "t4"]);
  assert.deepEqual([PROMPT.tag, PROMPT.maxOutputTokens], ["bandcamp", 1024]);
});

test("the configuration is used", () => {
  const config = '{"confidence": 0.5, "max_tokens": 7}';
  const step = strategy.plan(context({ config }), TRACKS);
  assert.deepEqual([step.decisions[0].outcome.val.confidence, step.prompts[0].maxOutputTokens], [0.5, 7]);
});

test("the order of the batch changes no track's result", () => {
  const outcomes = (tracks) => {
    const { decisions } = strategy.plan(context(), tracks);
    return tracks.map((track, index) => [track, decisions.find((decision) => decision.index === index)?.outcome]);
  };
  assert.deepEqual(outcomes(TRACKS.toReversed()), outcomes(TRACKS).toReversed());
});

test("valid items are kept and the missing asked again while rounds are left", () => {
  const answer = answers(
    { id: "t3", title: " Song ", artist: "Y" }, { id: "t3", title: "Again", artist: "Y" }, null, 7, [],
    { id: "t2", title: "Live", artist: "" }, { id: "t4", title: 4, artist: "Y" },
    { id: "t0", title: "Not asked", artist: "Y" }, { id: "t99", title: "Unknown", artist: "Y" },
  );
  const step = interpret(answer);
  assert.deepEqual(named(step), [[3, "Song", "Y"]]);
  assert.equal(step.decisions[0].outcome.val.musicType, "song");
  assert.deepEqual(asked(step), [[2, 4]]);
  assert.deepEqual([step.prompts[0].tag, step.prompts[0].system], [PROMPT.tag, PROMPT.system]);
  assert.deepEqual(asked(interpret(answer, { roundsLeft: 0 })), []);
});

test("an answer may come in a fence", () => {
  const fenced = reply(`Sure!\n\`\`\`json\n${answers({ id: "t2", title: "Live", artist: "Ada" }).text}\n\`\`\``);
  assert.deepEqual(named(interpret(fenced)), [[2, "Live", "Ada"]]);
});

test("no reply throws", () => {
  const deep = `{"items": ${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
  for (const text of ["", "{", "}{", "null", "[]", '{"items": 1}', '{"items": {"length": 1}}', deep, " ".repeat(1e6)]) {
    const step = interpret(reply(text));
    assert.deepEqual([step.decisions, asked(step)], [[], [[2, 3, 4]]], text.slice(0, 40));
  }
});
