import assert from "node:assert/strict";
import test from "node:test";
import { type JsonMessage, oracleDecode } from "../testing/otlp-oracle.ts";
import { answerExport, answerRefusal, refusalStatus } from "./answer.ts";
import { encodingOf, type Signal } from "./encoding.ts";
import { type ExportRefusal, REFUSALS } from "./export-refusals.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

const RESPONSES: readonly (readonly [Signal, string, string])[] = [
  ["traces", "TraceResponse", "rejectedSpans"],
  ["metrics", "MetricsResponse", "rejectedDataPoints"],
  ["logs", "LogsResponse", "rejectedLogRecords"],
];

for (const [signal, type, field] of RESPONSES) {
  test(`${signal}: all taken leaves partial_success unset`, () => {
    const nothing = { rejected: 0, message: "" };
    assert.equal(answerExport(signal, "protobuf", nothing).body.length, 0);
    assert.equal(text(answerExport(signal, "json", nothing).body), "{}");
  });

  test(`${signal}: what was rejected is counted and explained`, () => {
    for (const rejected of [1, 127, 128, 50_000, 2 ** 40]) {
      const partial = { rejected, message: `鳴子 ${"x".repeat(rejected % 300)}` };
      const told = { partialSuccess: { [field]: String(rejected), errorMessage: partial.message } };
      const protobuf = answerExport(signal, "protobuf", partial);
      assert.equal(protobuf.httpStatus, 200);
      assert.equal(protobuf.contentType, "application/x-protobuf");
      assert.deepEqual(oracleDecode(type, protobuf.body), told);
      const json = answerExport(signal, "json", partial);
      assert.equal(json.contentType, "application/json");
      assert.deepEqual(JSON.parse(text(json.body)), told);
    }
  });

  test(`${signal}: a warning without a rejection has no count`, () => {
    const { body } = answerExport(signal, "protobuf", { rejected: 0, message: "3 texts were cut" });
    assert.deepEqual(oracleDecode(type, body), {
      partialSuccess: { errorMessage: "3 texts were cut" },
    });
    assert.equal(
      text(answerExport(signal, "json", { rejected: 0, message: "cut" }).body),
      '{"partialSuccess":{"errorMessage":"cut"}}',
    );
  });
}

const REFUSED: readonly (readonly [ExportRefusal, number, number, boolean])[] = [
  ["malformed", 400, 3, false],
  ["unauthenticated", 401, 16, false],
  ["forbidden", 403, 7, false],
  ["unknown-path", 404, 5, false],
  ["method-not-allowed", 405, 12, false],
  ["too-large", 413, 8, false],
  ["unsupported-media-type", 415, 3, false],
  ["too-many-requests", 429, 8, true],
  ["internal", 500, 13, false],
  ["overloaded", 503, 14, true],
];

test("each refusal has a row below", () => {
  assert.deepEqual(
    REFUSED.map(([refusal]) => refusal),
    Object.keys(REFUSALS),
  );
});

for (const [refusal, httpStatus, code, retryable] of REFUSED) {
  test(`${refusal} is ${httpStatus}${retryable ? " and may be tried again" : ""}`, () => {
    const message = `refused: ${refusal}`;
    const protobuf = answerRefusal("protobuf", refusal, message);
    const json = answerRefusal("json", refusal, message);
    assert.equal(protobuf.httpStatus, httpStatus);
    assert.equal(json.httpStatus, httpStatus);
    assert.equal(protobuf.retryAfterS !== undefined, retryable);
    assert.equal("retryAfterS" in json, retryable);
    const status = oracleDecode("RpcStatus", protobuf.body);
    assert.equal(status["code"], code);
    assert.equal(status["message"], message);
    const told = JSON.parse(text(json.body)) as JsonMessage;
    assert.equal(told["code"], code);
    assert.equal(told["message"], message);
  });
}

test("malformed data is described by a BadRequest", () => {
  const type = "type.googleapis.com/google.rpc.BadRequest";
  const { body } = answerRefusal("protobuf", "malformed", "at byte 7");
  const [detail] = oracleDecode("RpcStatus", body)["details"] as JsonMessage[];
  assert.equal(detail?.["type_url"] ?? detail?.["typeUrl"], type);
  const violations = { fieldViolations: [{ description: "at byte 7" }] };
  assert.deepEqual(oracleDecode("BadRequest", detail?.["value"] as Uint8Array), violations);
  assert.equal(
    text(answerRefusal("json", "malformed", "at byte 7").body),
    `{"code":3,"message":"at byte 7","details":[{"@type":"${type}","fieldViolations":[{"description":"at byte 7"}]}]}`,
  );
});

test("over gRPC the details say when to try again", () => {
  for (const refusal of ["overloaded", "too-many-requests"] as const) {
    const status = oracleDecode("RpcStatus", refusalStatus(refusal, 14, "full"));
    assert.deepEqual([status["code"], status["message"]], [14, "full"]);
    const [detail, ...more] = status["details"] as JsonMessage[];
    assert.deepEqual(more, []);
    assert.equal(detail?.["typeUrl"], "type.googleapis.com/google.rpc.RetryInfo");
    const { retryDelay } = oracleDecode("RetryInfo", detail["value"] as Uint8Array);
    assert.deepEqual(retryDelay, { seconds: String(REFUSALS[refusal].retryAfterS) });
  }
  const forGood = refusalStatus("malformed", 3, "at byte 7");
  assert.deepEqual(forGood, answerRefusal("protobuf", "malformed", "at byte 7").body);
});

const CONTENT_TYPE_CASES: readonly (readonly [string | undefined, string | undefined])[] = [
  ["application/x-protobuf", "protobuf"],
  ["application/json", "json"],
  ["Application/JSON; charset=utf-8", "json"],
  [" application/x-protobuf ;v=1", "protobuf"],
  ["application/json-lines", undefined],
  ["application/grpc", undefined],
  ["text/plain; application/json", undefined],
  ["", undefined],
  [undefined, undefined],
];

for (const [contentType, encoding] of CONTENT_TYPE_CASES) {
  test(`content type ${contentType} is ${encoding ?? "not known"}`, () => {
    assert.equal(encodingOf(contentType), encoding);
  });
}
