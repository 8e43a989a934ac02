import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { logsRequests, metricsRequests, traceRequests } from "../testing/otlp-arbitraries.ts";
import { expectedLogs, expectedMetrics, expectedSpans } from "../testing/otlp-expected.ts";
import { oracleDecode, oracleEncode } from "../testing/otlp-oracle.ts";
import {
  decodeLogsProtobuf,
  decodeMetricsProtobuf,
  decodeTracesProtobuf,
} from "./decode-protobuf.ts";

test("spans are what protobufjs makes of them", () => {
  fc.assert(
    fc.property(traceRequests, (request) => {
      const bytes = oracleEncode("TraceRequest", request);
      const { records, rejected, cut } = decodeTracesProtobuf(bytes, DEFAULT_LIMITS);
      const expected = expectedSpans(oracleDecode("TraceRequest", bytes));
      const elapsed = expected.records.map((span) => Number(span["durationNs"]));
      assert.deepEqual(
        records,
        expected.records.map((span, i) => ({ ...span, durationNs: records[i]?.durationNs })),
      );
      assert.deepEqual(rejected, expected.rejected);
      assert.equal(cut.size, 0);
      for (const [i, { durationNs }] of records.entries()) {
        const exact = elapsed[i] ?? NaN;
        assert.ok(Math.abs(durationNs - exact) <= (Math.abs(exact) < 2 ** 53 ? 0 : 4096));
      }
    }),
  );
});

test("metrics are what protobufjs makes of them", () => {
  fc.assert(
    fc.property(metricsRequests, (request) => {
      const bytes = oracleEncode("MetricsRequest", request);
      const { records, rejected } = decodeMetricsProtobuf(bytes, DEFAULT_LIMITS);
      const expected = expectedMetrics(oracleDecode("MetricsRequest", bytes));
      assert.deepEqual(records, expected.records);
      assert.deepEqual(rejected, expected.rejected);
    }),
  );
});

test("logs are what protobufjs makes of them", () => {
  fc.assert(
    fc.property(logsRequests, (request) => {
      const bytes = oracleEncode("LogsRequest", request);
      const { records, rejected } = decodeLogsProtobuf(bytes, DEFAULT_LIMITS);
      const expected = expectedLogs(oracleDecode("LogsRequest", bytes));
      assert.deepEqual(records, expected.records);
      assert.deepEqual(rejected, expected.rejected);
    }),
  );
});
