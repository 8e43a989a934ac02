import assert from "node:assert/strict";
import test from "node:test";
import { contentAttribute, type Message, parsedJson, spokenText } from "./content.ts";

const KEY = "gen_ai.input.messages";
const said = (content: string): Message => ({ role: "user", parts: [{ type: "text", content }] });
const written = (messages: readonly Message[]): readonly Message[] =>
  JSON.parse(contentAttribute(KEY, messages, undefined)) as readonly Message[];

test("messages are written as they are", () => {
  const messages = [said("hi"), said("鳴子")];
  assert.deepEqual(written(messages), messages);
});

test("redaction sees every text, wherever it is, and no name", () => {
  const seen: string[] = [];
  const hide = (text: string, attribute: string): string => {
    seen.push(text);
    assert.equal(attribute, KEY);
    return "x";
  };
  const call = {
    type: "tool_call",
    id: "call_1",
    name: "mail",
    arguments: { to: ["a@b", { name: "Ann" }], copies: 2 },
  };
  const answer = { type: "tool_call_response", id: "call_1", response: "sent to a@b" };
  const picture = { type: "blob", modality: "image", mime_type: "image/png", content: "AAAA" };
  const messages = [
    { role: "assistant", parts: [call, picture] },
    { role: "tool", parts: [answer] },
  ];
  const text = contentAttribute(KEY, messages, hide);
  assert.deepEqual(seen, ["a@b", "Ann", "sent to a@b"]);
  assert.deepEqual(JSON.parse(text), [
    {
      role: "assistant",
      parts: [{ ...call, arguments: { to: ["x", { name: "x" }], copies: 2 } }, picture],
    },
    { role: "tool", parts: [{ ...answer, response: "x" }] },
  ]);
});

/** messages · how many are left · the longest text that is left */
const long: readonly (readonly [string, readonly Message[], number, number])[] = [
  ["one long text is cut", [said("a".repeat(90_000))], 1, 32_769],
  [
    "many long texts are cut more",
    Array.from({ length: 10 }, () => said("b".repeat(20_000))),
    10,
    4097,
  ],
  [
    "the oldest of too many go",
    Array.from({ length: 5000 }, (_, n) => said(`${n}`.repeat(60))),
    200,
    513,
  ],
];

for (const [name, messages, atLeast, longest] of long) {
  test(name, () => {
    const text = contentAttribute(KEY, messages, undefined);
    assert.ok(text.length <= 65_000);
    const left = JSON.parse(text) as readonly Message[];
    assert.ok(left.length >= atLeast && left.length <= messages.length);
    const lengths = left.map(({ parts }) => String(parts[0]?.["content"]).length);
    assert.ok(Math.max(...lengths) <= longest);
    // The newest message is what was asked.
    const last = String(messages.at(-1)?.parts[0]?.["content"]).slice(0, 100);
    assert.equal(String(left.at(-1)?.parts[0]?.["content"]).slice(0, 100), last);
  });
}

test("a picture is whole or left out", () => {
  const picture = (content: string): Message => ({
    role: "user",
    parts: [{ type: "blob", modality: "image", content }],
  });
  const [small, big] = written([picture("A".repeat(100)), picture("A".repeat(100_000))]);
  assert.equal(small?.parts[0]?.["content"], "A".repeat(100));
  assert.equal(big?.parts[0]?.["content"], "");
});

test("arguments are an object where they are JSON", () => {
  assert.deepEqual(parsedJson('{"a":1}'), { a: 1 });
  assert.equal(parsedJson('{"a":'), '{"a":');
  assert.equal(parsedJson(undefined), undefined);
});

test("what nests too deep is left out", () => {
  let nested: object = { end: true };
  for (let depth = 0; depth < 10_000; depth += 1) nested = { nested };
  const part = { type: "tool_call", name: "deep", arguments: nested };
  assert.ok(contentAttribute(KEY, [{ role: "assistant", parts: [part] }], undefined).length < 1000);
});

test("an estimate is of what was said", () => {
  assert.equal(spokenText([said("a"), said("b")]), "a\nb");
});
