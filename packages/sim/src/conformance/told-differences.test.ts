import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "@naruko/core/model/call";
import { epochMs } from "@naruko/core/model/time";
import type { Told } from "./told.ts";
import { differencesOf } from "./told-differences.ts";
import type { WireTruth } from "./wire-truth.ts";

const TRUTH: WireTruth = {
  end: "whole",
  calls: 1,
  provider: "openai",
  operation: "chat",
  requestModel: "gpt",
  responseModel: "gpt-1",
  stream: true,
  hasFirstChunk: true,
  usage: { inputTokens: 19, outputTokens: 12, cacheReadTokens: 0 },
  usageWasAsked: true,
  usageOnTheWay: [{ inputTokens: 19, outputTokens: 1 }],
  finish: ["stop"],
  errors: ["429", "rate_limit_exceeded"],
  sent: { fromMs: 1000, toMs: 1100 },
};

/** The usage of a call that stopped on its way is not known. */
const { usage: ____, ...STOPPED } = TRUTH;

const CALL: Call = {
  traceId: "",
  spanId: "",
  kind: "inference",
  operation: "chat",
  startAt: epochMs(990),
  endAt: epochMs(1100),
  durationS: 0.11,
  service: "",
  provider: "openai",
  requestModel: "gpt",
  responseModel: "gpt-1",
  stream: true,
  timeToFirstChunkS: 0.01,
  finishReasons: ["stop"],
  usage: { inputTokens: 19, outputTokens: 12 },
  usageSource: "provider",
  weight: 1,
  dialect: "",
};

const TOLD: Omit<Told, "calls"> = {
  openSpans: 0,
  durations: 1,
  tokens: new Map([["input", 19]]),
  unhandled: 0,
};

type Case = {
  readonly truth?: Partial<WireTruth>;
  readonly call?: Partial<Call>;
  readonly told?: Partial<Told>;
  readonly ending?: string;
  readonly differs: readonly string[];
};

const { provider: _, responseModel: __, timeToFirstChunkS: ___, ...bare } = CALL;
const CUT = { end: "cut", finish: [] } as const;
const stopped: Partial<Call> = { finishReasons: [], usage: {} };

/** Most rows are what an instrumentation has wrong. */
const CASES: Readonly<Record<string, Case>> = {
  "as it was": { differs: [] },
  "nothing told": { told: { calls: [] }, differs: ["nothing"] },
  "an open span": {
    told: { calls: [], openSpans: 1, unhandled: 1 },
    differs: ["nothing: the span never ends", "a rejection in the application that nobody handles"],
  },
  "too few calls": { truth: { calls: 2 }, differs: ["1 calls, not 2"] },
  "ended with the headers": {
    call: { endAt: epochMs(1040) },
    differs: ["its span ends before the answer"],
  },
  "facts left out": {
    told: { calls: [{ call: bare, ending: "" }] },
    differs: ["no provider, answering model or first chunk"],
  },
  "other names": {
    call: { provider: "azure", operation: "text_completion", requestModel: "g" },
    differs: ["provider `azure`", "operation `text_completion`", "requested model `g`"],
  },
  "no stream": { call: { stream: false }, differs: ["not told as a stream"] },
  "a count added": {
    call: { usage: { inputTokens: 19, outputTokens: 13 } },
    differs: ["13 output tokens, not 12"],
  },
  "zero for what is missing": {
    truth: { ...CUT },
    call: { ...stopped, errorType: "cut", usage: { outputTokens: 0 } },
    differs: ["0 output tokens that nobody told"],
  },
  "what was told on the way": {
    truth: { ...CUT },
    call: { ...stopped, errorType: "stream_cut", usage: { inputTokens: 19, outputTokens: 1 } },
    differs: [],
  },
  "no usage, since nobody asked": {
    truth: { usageWasAsked: false },
    call: { usage: {} },
    differs: ["no usage (not asked for)"],
  },
  "a guess where nobody asked": {
    truth: { usageWasAsked: false },
    differs: ["19 input tokens that nobody told", "12 output tokens that nobody told"],
  },
  "cached tokens": {
    truth: { usage: { inputTokens: 19, outputTokens: 12, cacheReadTokens: 9 } },
    differs: ["no cached tokens"],
  },
  "another reason": { call: { finishReasons: ["length"] }, differs: ["finish reason `length`"] },
  "a failure that was none": { call: { errorType: "500" }, differs: ["error type `500`"] },
  "a refusal by its class": {
    truth: { end: "refused", finish: [] },
    call: { ...stopped, errorType: "RateLimitError" },
    differs: ["error type `RateLimitError`"],
  },
  "a refusal by its code": {
    truth: { end: "refused", finish: [] },
    call: { ...stopped, errorType: "rate_limit_exceeded" },
    differs: [],
  },
  "a cut that is no error": { truth: { ...CUT }, call: stopped, differs: ["no error"] },
  "called off, and told as whole": {
    truth: { end: "aborted" },
    call: { usage: {} },
    ending: "stop",
    differs: ["not told that it was called off"],
  },
  "called off, by any word": {
    truth: { end: "aborted" },
    call: { usage: {} },
    ending: "AbortError",
    differs: [],
  },
  "left, and nothing said of it": {
    truth: { end: "left", finish: [] },
    call: stopped,
    differs: ["not told that it was left"],
  },
  "left, but read to its end": { truth: { end: "left" }, call: { usage: {} }, differs: [] },
  "no metrics of this case": {
    told: { durations: 0, tokens: new Map() },
    differs: ["no duration metric or token metric"],
  },
};

for (const [name, { truth, call, told, ending = "", differs }] of Object.entries(CASES)) {
  test(name, () => {
    const calls = [{ call: { ...CALL, ...call }, ending }];
    const found = differencesOf(
      { ...(truth?.end === undefined ? TRUTH : STOPPED), ...truth },
      { ...TOLD, calls, ...told },
      { durations: true, tokens: true },
    );
    assert.deepEqual(found, differs);
  });
}

test("what a package never measures is no difference of each case", () => {
  const told = { ...TOLD, calls: [{ call: CALL, ending: "" }], durations: 0, tokens: new Map() };
  assert.deepEqual(differencesOf(TRUTH, told, { durations: false, tokens: false }), []);
});
