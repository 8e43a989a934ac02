import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { inference } from "../testing/calls.ts";
import { isSchemaMismatch } from "./schema-mismatch.ts";

const schema = JSON.stringify({ type: "object", required: ["a"] });

const rows: readonly (readonly [name: string, call: Partial<Call>, raised: boolean])[] = [
  ["matches", { text: { output: '{"a":1}' }, facts: { outputSchema: schema } }, false],
  ["does not", { text: { output: '{"b":1}' }, facts: { outputSchema: schema } }, true],
  ["no JSON at all", { text: { output: "a" }, facts: { outputSchema: schema } }, false],
  ["no schema", { text: { output: '{"b":1}' }, facts: { outputType: "json" } }, false],
  [
    "a schema that is no JSON",
    { text: { output: '{"b":1}' }, facts: { outputSchema: "{" } },
    false,
  ],
  [
    "called off",
    { text: { output: "{}" }, facts: { outputSchema: schema }, ending: "closed" },
    false,
  ],
];

for (const [name, call, raised] of rows) {
  test(`schema mismatch: ${name}`, () => {
    assert.equal(isSchemaMismatch(inference(call)), raised);
  });
}
