import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { schemaMismatch } from "./json-schema.ts";

const tree = {
  $defs: {
    node: {
      type: "object",
      properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
      required: ["next"],
    },
  },
  $ref: "#/$defs/node",
};

const rows: readonly (readonly [schema: unknown, value: unknown, mismatch: string | undefined])[] =
  [
    [{ type: "string" }, "a", undefined],
    [{ type: "string" }, 1, "$: expected string"],
    [{ type: ["string", "null"] }, 1, "$: expected string or null"],
    [{ type: "INTEGER" }, 1.5, "$: expected INTEGER"],
    [{ type: "integer" }, 1, undefined],
    [{ type: "object" }, [], "$: expected object"],
    [{ type: "object" }, null, "$: expected object"],
    [{ type: "object", nullable: true }, null, undefined],
    [{ type: "any" }, 1, undefined],
    [{ required: ["a"] }, {}, "$: a is missing"],
    [{ required: ["toString"] }, {}, "$: toString is missing"],
    [{ properties: { a: { type: "number" } } }, { a: "1" }, "$.a: expected number"],
    [{ properties: { a: false } }, { a: 1 }, "$.a: expected nothing"],
    [{ properties: { a: true }, additionalProperties: false }, { b: 1 }, "$.b: expected nothing"],
    [{ additionalProperties: { type: "null" } }, { b: 1 }, "$.b: expected null"],
    [{ patternProperties: { "^b": {} }, additionalProperties: false }, { b: 1 }, undefined],
    [{ items: { type: "number" } }, [1, "2"], "$[1]: expected number"],
    [{ prefixItems: [{ type: "string" }], items: false }, ["a", 1], "$[1]: expected nothing"],
    [{ enum: ["a", { b: [1] }] }, { b: [1] }, undefined],
    [{ enum: ["a", { b: [1] }] }, { b: [2] }, "$: expected a value of the enum"],
    [{ const: null }, 0, "$: expected the constant"],
    [{ minimum: 0, maximum: 1 }, 2, "$: maximum 1"],
    [{ exclusiveMinimum: 0 }, 0, "$: exclusiveMinimum 0"],
    [{ minLength: 2 }, "🎉", "$: minLength 2"],
    [{ maxItems: 1 }, [1, 2], "$: maxItems 1"],
    [{ minLength: 2 }, 1, undefined],
    [{ allOf: [{ required: ["a"] }, { required: ["b"] }] }, { a: 1 }, "$: b is missing"],
    [{ anyOf: [{ type: "string" }, { type: "null" }] }, 1, "$: expected one of anyOf"],
    [{ oneOf: [{ type: "number" }, { type: "integer" }] }, 1, undefined],
    [{ format: "email", pattern: "^a" }, "b", undefined],
    [{ $ref: "https://example.com/schema" }, 1, undefined],
    [{ $ref: "#/$defs/none" }, 1, undefined],
    [{ $defs: { "a/b": { type: "null" } }, $ref: "#/$defs/a~1b" }, 1, "$: expected null"],
    [tree, { next: { next: null } }, undefined],
    [tree, { next: { next: 1 } }, "$.next: expected one of anyOf"],
    [{ name: "x", schema: { type: "string" } }, 1, "$: expected string"],
    [{ type: "json_schema", json_schema: { schema: { type: "string" } } }, 1, "$: expected string"],
    [{ properties: { schema: { type: "string" } } }, { schema: 1 }, "$.schema: expected string"],
    [true, 1, undefined],
    [null, 1, undefined],
    ["schema", 1, undefined],
  ];

for (const [schema, value, mismatch] of rows) {
  test(`${JSON.stringify(schema)} and ${JSON.stringify(value)}`, () => {
    assert.equal(schemaMismatch(schema, value), mismatch);
  });
}

test("a schema that leads around in circles, or multiplies, comes to an end without a finding", () => {
  assert.equal(schemaMismatch({ $ref: "#" }, 1), undefined);
  const step = { properties: { a: { $ref: "#" } } };
  const doubling = { type: "object", anyOf: [step, step] };
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
  assert.equal(schemaMismatch(doubling, nested(3)), "$: expected one of anyOf");
  assert.equal(schemaMismatch(doubling, nested(20)), undefined);
  const deep = JSON.parse("[".repeat(30_000) + "]".repeat(30_000)) as unknown;
  assert.equal(schemaMismatch({ items: { $ref: "#" } }, deep), undefined);
  assert.equal(schemaMismatch({ enum: [[[1]]] }, deep), "$: expected a value of the enum");
  assert.equal(schemaMismatch({ const: deep }, structuredDeep()), undefined);
});

function structuredDeep(): unknown {
  return JSON.parse("[".repeat(30_000) + "]".repeat(30_000)) as unknown;
}

test("any value matches its own constant, and any schema ends", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (one, other) => {
      assert.equal(schemaMismatch({ const: one }, one), undefined);
      schemaMismatch(one, other);
    }),
  );
});
