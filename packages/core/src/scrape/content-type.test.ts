import assert from "node:assert/strict";
import test from "node:test";
import { acceptHeader, defaultProtocols, formatOf } from "./content-type.ts";

const PROTO = "application/vnd.google.protobuf";
const FAMILY = "proto=io.prometheus.client.MetricFamily";
const rows: readonly (readonly [type: string | undefined, outcome: string])[] = [
  ["text/plain", "text"],
  ["Text/Plain; version=0.0.4; charset=utf-8", "text"],
  ["application/openmetrics-text; version=1.0.0", "open-metrics"],
  [`${PROTO};${FAMILY};encoding=delimited`, "protobuf"],
  [`${PROTO}; encoding="delimited"; ${FAMILY}`, "protobuf"],
  [`${PROTO};${FAMILY};encoding=text`, "refused"],
  [`${PROTO};${FAMILY}`, "refused"],
  [`${PROTO};proto=other.Message;encoding=delimited`, "refused"],
  ["application/json", "refused"],
  ["", "refused"],
  [undefined, "refused"],
];
for (const [type, outcome] of rows) {
  test(`Content-Type ${type} is ${outcome}`, () => {
    const read = formatOf(type, undefined);
    assert.equal("format" in read ? read.format : "refused", outcome);
    const fallback = formatOf(type, "OpenMetricsText1.0.0");
    const taken = outcome === "refused" ? "open-metrics" : outcome;
    assert.deepEqual(fallback, { format: taken });
  });
}

test("formats are asked for in their order, and protobuf only where it is wanted", () => {
  assert.equal(acceptHeader(["PrometheusText0.0.4"]), "text/plain;version=0.0.4;q=0.2,*/*;q=0.1");
  const order = (native: boolean) =>
    [...acceptHeader(defaultProtocols(native)).matchAll(/([a-z.-]+\/[a-z.*-]+)|q=(0\.\d)/g)].map(
      ([one]) => one,
    );
  assert.deepEqual(order(true).slice(0, 4), [
    PROTO,
    "q=0.6",
    "application/openmetrics-text",
    "q=0.5",
  ]);
  assert.deepEqual(order(false).slice(0, 2), ["application/openmetrics-text", "q=0.5"]);
});
