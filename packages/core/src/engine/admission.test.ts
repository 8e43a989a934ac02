import assert from "node:assert/strict";
import test from "node:test";
import type { Call } from "../model/call.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { SpanLink } from "../model/span-link.ts";
import { epochMs } from "../model/time.ts";
import { Admissions } from "./admission.ts";

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, "0");

function call(fields: Partial<Call> & { span: number; parent?: number; endS?: number }): Call {
  const { span, parent, endS = 0, ...rest } = fields;
  return {
    traceId: hex(1, 32),
    spanId: hex(span, 16),
    ...(parent === undefined ? {} : { parentSpanId: hex(parent, 16) }),
    kind: "inference",
    operation: "chat",
    startAt: epochMs(endS * 1000),
    endAt: epochMs(endS * 1000),
    durationS: 0,
    service: "shop",
    requestModel: "gpt-5",
    stream: false,
    finishReasons: [],
    usage: {},
    usageSource: "missing",
    weight: 1,
    dialect: "otel",
    ...rest,
  };
}

/** A span that is no call. */
const link = (span: number, parent: number): SpanLink => ({
  traceId: hex(1, 32),
  spanId: hex(span, 16),
  parentSpanId: hex(parent, 16),
});

type Row = readonly [name: string, calls: readonly (readonly [atS: number, call: Call])[], string];
const rows: readonly Row[] = [
  ["a span id once", [[0, call({ span: 1 })]], "first"],
  [
    "again at once",
    [
      [0, call({ span: 1 })],
      [0, call({ span: 1 })],
    ],
    "first repeat",
  ],
  [
    "again after 15 min",
    [
      [0, call({ span: 1 })],
      [900, call({ span: 1, endS: 900 })],
    ],
    "first repeat",
  ],
  [
    "again later than that",
    [
      [0, call({ span: 1 })],
      [961, call({ span: 1, endS: 961 })],
    ],
    "first first",
  ],
  [
    "another trace",
    [
      [0, call({ span: 1 })],
      [0, call({ span: 1, traceId: hex(2, 32) })],
    ],
    "first first",
  ],
  ["ended 5 min ago", [[300, call({ span: 1 })]], "first"],
  ["ended longer ago", [[301, call({ span: 1 })]], "late"],
  [
    "child, then its wrapper",
    [
      [0, call({ span: 2, parent: 1 })],
      [0, call({ span: 1 })],
    ],
    "first nested",
  ],
  [
    "wrapper, then its child",
    [
      [0, call({ span: 1 })],
      [0, call({ span: 2, parent: 1 })],
    ],
    "first nested",
  ],
  [
    "two tries in one wrapper",
    [
      [0, call({ span: 2, parent: 1 })],
      [0, call({ span: 3, parent: 1 })],
      [0, call({ span: 1 })],
    ],
    "first first nested",
  ],
  [
    "child of another model",
    [
      [0, call({ span: 1 })],
      [0, call({ span: 2, parent: 1, requestModel: "gpt-5-mini" })],
    ],
    "first first",
  ],
  [
    "same response, other names of the model",
    [
      [0, call({ span: 1, responseId: "r" })],
      [0, call({ span: 2, parent: 1, requestModel: "azure/gpt-5", responseId: "r" })],
    ],
    "first nested",
  ],
  [
    "three deep, the innermost first",
    [
      [0, call({ span: 3, parent: 2 })],
      [0, call({ span: 2, parent: 1 })],
      [0, call({ span: 1 })],
    ],
    "first nested nested",
  ],
  [
    "three deep, the outermost first",
    [
      [0, call({ span: 1 })],
      [0, call({ span: 2, parent: 1 })],
      [0, call({ span: 3, parent: 2 })],
    ],
    "first nested nested",
  ],
  [
    "three deep, the middle one first",
    [
      [0, call({ span: 2, parent: 1 })],
      [0, call({ span: 1 })],
      [0, call({ span: 3, parent: 2 })],
    ],
    "first nested nested",
  ],
  [
    "three deep, where the middle one alone shares a name with both",
    [
      [0, call({ span: 3, parent: 2, requestModel: "claude-4-20260101", responseId: "r" })],
      [0, call({ span: 2, parent: 1, responseId: "r" })],
      [0, call({ span: 1 })],
    ],
    "first nested nested",
  ],
  [
    "the same from outside",
    [
      [0, call({ span: 1 })],
      [0, call({ span: 2, parent: 1, responseId: "r" })],
      [0, call({ span: 3, parent: 2, requestModel: "claude-4-20260101", responseId: "r" })],
    ],
    "first nested nested",
  ],
  [
    "two tries, one of which comes after the wrapper",
    [
      [0, call({ span: 2, parent: 1 })],
      [0, call({ span: 1 })],
      [0, call({ span: 3, parent: 1 })],
    ],
    "first nested first",
  ],
  [
    "another service in between is another call",
    [
      [0, call({ span: 2, parent: 1, service: "gateway" })],
      [0, call({ span: 1 })],
    ],
    "first first",
  ],
  [
    "a wrapper that comes minutes later",
    [
      [0, call({ span: 2, parent: 1 })],
      [121, call({ span: 1, endS: 121 })],
    ],
    "first first",
  ],
  [
    "an agent between two calls",
    [
      [0, call({ span: 3, parent: 2 })],
      [0, call({ span: 2, parent: 1, kind: "agent" })],
      [0, call({ span: 1 })],
    ],
    "first first first",
  ],
  [
    "an agent around a call",
    [
      [0, call({ span: 2, parent: 1 })],
      [0, call({ span: 1, kind: "agent" })],
    ],
    "first first",
  ],
];

for (const [name, calls, expected] of rows) {
  test(name, () => {
    const admissions = new Admissions(DEFAULT_LIMITS);
    const seen = calls.map(([atS, one]) => admissions.admit(one, epochMs(atS * 1000)));
    assert.equal(seen.join(" "), expected);
  });

  test(`${name}, restarted before every call`, () => {
    let admissions = new Admissions(DEFAULT_LIMITS);
    const seen = calls.map(([atS, one]) => {
      admissions = Admissions.load(admissions.save(), DEFAULT_LIMITS);
      return admissions.admit(one, epochMs(atS * 1000));
    });
    assert.equal(seen.join(" "), expected);
  });
}

/** What comes in one input: calls, and spans that are none. */
type Step = readonly (Call | SpanLink)[];
const isCall = (one: Call | SpanLink): one is Call => "kind" in one;
const isLink = (one: Call | SpanLink): one is SpanLink => !isCall(one);

const ways: readonly (readonly [name: string, steps: readonly Step[], expected: string])[] = [
  [
    "a span between, all at once",
    [[call({ span: 3, parent: 2 }), link(2, 1), call({ span: 1 })]],
    "first nested",
  ],
  [
    "each by itself, from inside",
    [[call({ span: 4, parent: 3 })], [link(3, 2)], [link(2, 1)], [call({ span: 1 })]],
    "first nested",
  ],
  [
    "each by itself, from outside",
    [[call({ span: 1 })], [link(2, 1)], [link(3, 2)], [call({ span: 4, parent: 3 })]],
    "first nested",
  ],
  [
    "the call, then the rest",
    [[call({ span: 4, parent: 3 })], [link(2, 1), link(3, 2), call({ span: 1 })]],
    "first nested",
  ],
  [
    "the wrapper, then the rest",
    [[call({ span: 1 })], [call({ span: 4, parent: 3 }), link(3, 2), link(2, 1)]],
    "first nested",
  ],
  [
    "the wrapper, then the way, then the call",
    [[call({ span: 1 })], [link(3, 2), link(2, 1)], [call({ span: 4, parent: 3 })]],
    "first nested",
  ],
  [
    "two calls beside each other below one span",
    [[call({ span: 2, parent: 1 }), call({ span: 3, parent: 1 }), link(1, 9)]],
    "first first",
  ],
  [
    "an agent above the way",
    [
      [call({ span: 4, parent: 3 }), link(3, 2)],
      [call({ span: 2, parent: 1, kind: "agent" }), call({ span: 1 })],
    ],
    "first first first",
  ],
  [
    "a way that leads nowhere else than to itself",
    [[call({ span: 4, parent: 3 }), link(3, 2), link(2, 3)], [call({ span: 1 })]],
    "first first",
  ],
  ["a way without calls", [[link(2, 1)], [call({ span: 1 })]], "first"],
];
for (const [name, steps, expected] of ways) {
  test(`${name}, restarted before every input`, () => {
    let admissions = new Admissions(DEFAULT_LIMITS);
    const seen = steps.flatMap((step) => {
      admissions = Admissions.load(admissions.save(), DEFAULT_LIMITS);
      const links = admissions.noteLinks(step.filter(isLink), epochMs(0));
      return step.filter(isCall).map((one) => admissions.admit(one, epochMs(0), links));
    });
    assert.equal(seen.join(" "), expected);
  });
}

test("memory is bounded, and what was forgotten early is counted", () => {
  const limits = { ...DEFAULT_LIMITS, rememberedSpans: 1000 };
  const admissions = new Admissions(limits);
  for (let i = 1; i <= 5000; i++) {
    const atS = Math.floor(i / 10);
    admissions.admit(call({ span: i, endS: atS }), epochMs(atS * 1000));
  }
  assert.ok(admissions.remembered <= 1000);
  assert.ok(admissions.forgottenEarly > 0);
  assert.equal(admissions.admit(call({ span: 5000, endS: 500 }), epochMs(500_000)), "repeat");
});

test("many ids within one second do not get past the limit", () => {
  const admissions = new Admissions({ ...DEFAULT_LIMITS, rememberedSpans: 100 });
  for (let i = 1; i <= 1000; i++) admissions.admit(call({ span: i }), epochMs(0));
  assert.ok(admissions.remembered <= 100);
});

test("a hundred thousand sequential ids are told apart", () => {
  const admissions = new Admissions(DEFAULT_LIMITS);
  let first = 0;
  for (let i = 1; i <= 100_000; i++) {
    if (admissions.admit(call({ span: i }), epochMs(0)) === "first") first++;
  }
  assert.equal(first, 100_000);
});
