// aimock as a model of liner: it answers every question about tracks with an item for every id that it asks about.
// `node aimock.mjs PORT [TEXT]`: with a text, it always answers that.
import { LLMock } from "@copilotkit/aimock";

const [port, fixed] = process.argv.slice(2);

const item = (id) => ({
  id, music: true, t: `Song ${id}`, a: "Ada Lane", al: null, g: ["folk"], d: "2020", y: "song", c: 0.9,
});

function answer(request) {
  const asked = request.messages.filter((message) => message.role === "user").at(-1).content;
  const text = typeof asked === "string" ? asked : asked.map((block) => block.text).join("");
  const ids = text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line).id);
  const content = fixed ?? JSON.stringify({ items: ids.map(item) });
  return { content, usage: { input_tokens: 100, output_tokens: 10 * ids.length } };
}

const mock = new LLMock({ port: Number(port), host: "127.0.0.1" });
mock.on({ predicate: () => true }, answer);
await mock.start();
console.log(mock.url);
