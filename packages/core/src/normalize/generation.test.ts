import assert from "node:assert/strict";
import test from "node:test";
import type { AttributeValue } from "../receive/records.ts";
import { origin, span } from "../testing/records.ts";
import { generationOf } from "./generation.ts";

type Values = Readonly<Record<string, AttributeValue>>;

/** schema of the scope · attributes · generation */
const generations: readonly (readonly [string, Values, number | undefined])[] = [
  ["https://opentelemetry.io/schemas/gen-ai/1.42.0", { "gen_ai.provider.name": "openai" }, 3],
  ["https://opentelemetry.io/schemas/gen-ai-dev/0.1.0-dev", { "gen_ai.provider.name": "x" }, 3],
  ["https://opentelemetry.io/schemas/1.41.1", { "gen_ai.provider.name": "openai" }, 2],
  ["", { "gen_ai.provider.name": "x", "gen_ai.request.reasoning.level": "low" }, 3],
  ["", { "gen_ai.system": "openai" }, 1],
  ["", { "openinference.span.kind": "LLM" }, undefined],
];

for (const [schemaUrl, values, expected] of generations) {
  test(`generation of ${Object.keys(values).join(", ")} by ${schemaUrl}`, () => {
    const record = span(values, { origin: { ...origin(), schemaUrl } });
    assert.equal(generationOf(record), expected);
  });
}
