import assert from "node:assert/strict";
import test from "node:test";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { epochMs } from "../model/time.ts";
import type { AttributeValue, SpanRecord } from "../receive/records.ts";
import { attributes, span, START } from "../testing/records.ts";
import { normalizeSpans } from "./normalize-spans.ts";

const CONTEXT = { at: epochMs(START + 2000), maxAheadMs: 600_000, limits: DEFAULT_LIMITS };

function contextOf(record: SpanRecord): string | undefined {
  const { telemetry } = normalizeSpans([record], CONTEXT);
  const { contexts = [] } = telemetry;
  for (const { traceId } of contexts) assert.equal(traceId, record.traceId);
  assert.ok(contexts.length < 2);
  return contexts[0]?.text;
}

const retrieval = (documents: AttributeValue): SpanRecord =>
  span({ "gen_ai.operation.name": "retrieval", "gen_ai.retrieval.documents": documents });

const rows: readonly (readonly [what: string, record: SpanRecord, text: string | undefined])[] = [
  ["a chat", span({ "gen_ai.operation.name": "chat", "gen_ai.completion": "Hi" }), undefined],
  [
    "a tool's answer",
    span({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": '{"sky":"grey"}' }),
    '{"sky":"grey"}',
  ],
  [
    "a tool's answer by OpenInference",
    span({ "openinference.span.kind": "TOOL", "output.value": "grey" }),
    "grey",
  ],
  [
    "a retrieval by the conventions",
    retrieval(
      '[{"id":"1","score":0.9,"content":"Oslo is wet."},{"id":"2","text":"So is Bergen."}]',
    ),
    "Oslo is wet.\n\nSo is Bergen.",
  ],
  [
    "the same as structure",
    retrieval([attributes({ id: "1", content: "Oslo is wet." })]),
    "Oslo is wet.",
  ],
  ["a retrieval that tells only which", retrieval('[{"id":"1","score":0.9}]'), undefined],
  [
    "documents that were cut",
    retrieval('[{"id":"1","content":"Oslo'),
    '[{"id":"1","content":"Oslo',
  ],
  ["deep nonsense", retrieval("[".repeat(30_000) + "]".repeat(30_000)), undefined],
  [
    "OpenInference's retriever",
    span({
      "openinference.span.kind": "RETRIEVER",
      "retrieval.documents.0.document.content": "Oslo is wet.",
      "retrieval.documents.1.document.id": "an image",
      "retrieval.documents.2.document.content": "So is Bergen.",
      "retrieval.documents.4.document.content": "behind a gap",
    }),
    "Oslo is wet.\n\nSo is Bergen.",
  ],
  [
    "OpenInference's reranker",
    span({
      "openinference.span.kind": "RERANKER",
      "reranker.input_documents.0.document.content": "Rome is dry.",
      "reranker.output_documents.0.document.content": "Oslo is wet.",
    }),
    "Oslo is wet.",
  ],
  [
    "Langfuse's retriever",
    span({
      "langfuse.observation.type": "retriever",
      "langfuse.observation.output": '[{"pageContent":"Oslo is wet.","metadata":{}}]',
    }),
    "Oslo is wet.",
  ],
  [
    "LangSmith's retriever",
    span({
      "langsmith.span.kind": "retriever",
      "gen_ai.operation.name": "chat",
      "gen_ai.completion": '{"documents":[{"kwargs":{"page_content":"Oslo is wet."}}]}',
    }),
    "Oslo is wet.",
  ],
  [
    "OpenLLMetry's vector database",
    span(
      { "db.system": "chroma" },
      {
        events: ["Oslo is wet.", "", "So is Bergen."].map((document) => ({
          name: "db.query.result",
          at: START,
          attributes: attributes({ "db.query.result.document": document }),
        })),
      },
    ),
    "Oslo is wet.\n\nSo is Bergen.",
  ],
];

for (const [what, record, text] of rows) {
  test(`context of ${what}`, () => {
    assert.equal(contextOf(record), text);
  });
}

test("what was retrieved is cut to its limit, and counted", () => {
  const limits = { ...DEFAULT_LIMITS, textLength: 4 };
  const record = retrieval('[{"content":"Oslo is wet."}]');
  const { telemetry, ignored } = normalizeSpans([record], { ...CONTEXT, limits });
  assert.deepEqual(telemetry.contexts?.[0]?.text, "Oslo");
  assert.equal(ignored.get("text-cut"), 1);
});
