import assert from "node:assert/strict";
import test from "node:test";
import { InputError } from "@naruko/core/model/input-error";
import { parseScenario } from "./parse-scenario.ts";
import type { Scenario } from "./scenario.ts";

const CHECK = "at 0 none";

/** One line beside a check that makes the file whole, and what is wrong with it. */
const refused: readonly (readonly [line: string, message: string])[] = [
  [
    "loud 1m x 1",
    's:1:1: unknown directive "loud"; there are rules, routing, every, rule, load, calls, gap, at',
  ],
  ["  every", "s:1:8: expected the time between ticks, such as 90s or 1h30m, the line ends here"],
  ["every 15", 's:1:7: expected the time between ticks, such as 90s or 1h30m, got "15"'],
  ["every 500ms", "s:1:7: expected at least 1s between ticks"],
  ["every 15s 30s", 's:1:11: expected the end of the line, got "30s"'],
  ["rules", "s:1:6: expected a file, relative to this one, the line ends here"],
  ['rules "x.yml', 's:1:7: expected a closing "'],
  ['rules "\\x"', 's:1:7: "\\x" has an escape that JSON does not know'],
  ["rule A", 's:1:7: expected "for", the line ends here'],
  ["rule A after 5m: x", 's:1:8: expected "for" and a duration'],
  ["rule A for 5m x", 's:1:12: expected a duration and ":" before the expression'],
  ["rule A for 5: x", 's:1:12: expected a duration, such as 90s or 1h30m, got "5"'],
  ["rule A for 5m:", "s:1:15: expected a PromQL expression"],
  ["rule A for 5m: rat(x[5m])", 's:1:16: unknown function "rat"; did you mean "rate"?'],
  ["rule A for 5m: sum(x", "s:1:21: "],
  ["load x 1", 's:1:6: expected the time between two points, such as 90s or 1h30m, got "x"'],
  ["load 0 x 1", "s:1:6: expected a step above 0"],
  ["load 1m {} 1", "s:1:9: expected a metric's name"],
  ["load 1m x", "s:1:9: expected the series' values"],
  ["load 1m x 1 {{count:1}}", "s:1:9: a scenario loads numbers; a .test script and"],
  ["load 1m x 1 one", 's:1:13: bad value "one", expected a number'],
  ["load 1m x{a=1} 1", "s:1:13: "],
  ["calls 1m 1m 5", "s:1:10: expected an end after the beginning"],
  ["calls 0 1m", "s:1:11: expected a number of calls a minute, the line ends here"],
  ["calls 0 1m 0", 's:1:12: expected a number of calls a minute, above 0, got "0"'],
  ["calls 0 1m -1", 's:1:12: expected a number of calls a minute, above 0, got "-1"'],
  ["calls 0 1m 5 model", 's:1:14: expected key=value, got "model"'],
  ["calls 0 1m 5 colour=red", 's:1:14: unknown key "colour"; there are service, environment, '],
  ["calls 0 1m 5 model=a model=b", "s:1:22: model is given twice"],
  ["calls 0 1m 5 model=", "s:1:20: expected a value for model, the line ends here"],
  ['calls 0 1m 5 model=""', 's:1:14: model: expected a text that is not empty, got ""'],
  [
    "calls 0 1m 5 duration=2",
    's:1:14: duration: expected a duration, such as 2s or 1s500ms, got "2"',
  ],
  ["calls 0 1m 5 input=1.5", 's:1:14: input: expected a whole number of tokens, got "1.5"'],
  ["calls 0 1m 5 cost=-1", 's:1:14: cost: expected US dollars, such as 0.02, got "-1"'],
  ["calls 0 1m 5 weight=0.5", "s:1:14: weight: expected how many calls each one stands for"],
  ["calls 0 1m 5 stream=yes", 's:1:14: stream: expected true or false, got "yes"'],
  [
    "calls 0 1m 5 finish=stop,",
    's:1:14: finish: expected texts with commas between them, got "stop,"',
  ],
  ["calls 0 1m 5 score.=1", 's:1:14: expected an evaluation\'s name after "score."'],
  ["calls 0 1m 5 score.x=good", 's:1:14: score.x: expected a number, got "good"'],
  ["gap 1m 1m15s", "s:1:1: the gap skips no tick, which makes it none"],
  ["gap 1m 30s", "s:1:8: expected an end after the beginning"],
];
for (const [line, message] of refused) {
  test(`refused: ${line}`, () => {
    assert.throws(() => parseScenario("s", `${line}\n${CHECK}`), startsWith(message));
  });
}

/** Whole files. */
const refusedFiles: readonly (readonly [text: string, message: string])[] = [
  ["", 's:1:1: nothing is checked; expected at least one "at"'],
  ["# at 0 none", 's:1:1: nothing is checked; expected at least one "at"'],
  ["at", "s:1:3: expected a time, such as 90s or 1h30m, the line ends here"],
  ["at 15s", "s:1:7: expected none, pending NAME{…}, "],
  [
    "at 15s fired A{}",
    's:1:8: expected none, pending NAME{…}, firing NAME{…}, resolved NAME{…} or sent RECEIVER "REASON", got "fired"',
  ],
  ["at 15s firing", 's:1:14: expected an alert after "firing": NAME{label="value"}'],
  ["at 15s firing A{a=b}", "s:1:19: "],
  [
    "at 15s none firing A",
    's:1:13: "none" says that no alert is pending or firing, beside "firing A"',
  ],
  ["at 15s sent", "s:1:12: expected a receiver, the line ends here"],
  [
    'at 15s sent pager "again"',
    's:1:19: expected a reason (first, new-alerts, some-resolved, all-resolved, repeat-due), got "again"',
  ],
  ["at 20s none", "s:1:1: there is no tick at 20s; they come every 15s"],
  ["at 1m none\nat 1m none", 's:2:1: expected a time after the "at" before, 1m'],
  ["at 1m none\nat 30s none", 's:2:1: expected a time after the "at" before, 1m'],
  ["gap 30s 2m\nat 1m none", "s:2:1: there is no tick at 1m, within a gap"],
  ["gap 30s 2m\ngap 2m 3m\nat 0 none", ""],
  [
    "gap 30s 2m1s\ngap 2m10s 3m\nat 0 none",
    "s:2:1: expected a gap after the one before, with a tick between them",
  ],
  ["every 15s\nevery 30s\nat 0 none", "s:2:1: every is given twice"],
  ["routing a\nrouting b\nat 0 none", "s:2:1: routing is given twice"],
  [
    "loud\nevery 1\nat 0 none",
    's:1:1: unknown directive "loud"; there are rules, routing, every, rule, load, calls, gap, at\ns:2:7: ',
  ],
];
for (const [text, message] of refusedFiles) {
  test(`${message === "" ? "taken" : "refused"}: ${JSON.stringify(text)}`, () => {
    if (message === "") parseScenario("s", text);
    else assert.throws(() => parseScenario("s", text), startsWith(message));
  });
}

function startsWith(message: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof InputError);
    assert.equal(error.kind, "scenario");
    assert.equal(error.message.slice(0, message.length), message);
    return true;
  };
}

const taken: readonly (readonly [
  line: string,
  found: (scenario: Scenario) => unknown,
  expected: unknown,
])[] = [
  ["every 1m30s", ({ intervalMs }) => intervalMs, 90_000],
  ["", ({ intervalMs }) => intervalMs, 15_000],
  ["rules a.yml # mine", ({ ruleFiles }) => ruleFiles[0]?.file, "a.yml"],
  ['rules "my rules.yml"', ({ ruleFiles }) => ruleFiles[0]?.file, "my rules.yml"],
  [
    "routing am.yml",
    ({ routing }) => routing,
    { file: "am.yml", position: { line: 2, column: 1 } },
  ],
  [
    'rule A for 1m: x{a="# b"} > 1  # c',
    ({ rules }) => rules,
    [{ name: "A", forMs: 60_000, expr: 'x{a="# b"} > 1' }],
  ],
  ["rule A for 0s: a:b", ({ rules }) => rules[0]?.expr, "a:b"],
  ["load 30s x 1 _ stale 2x2", ({ loads }) => loads[0]?.values, [1, undefined, "stale", 2, 2, 2]],
  ["calls 0 1m 0.5", ({ traffic }) => traffic[0]?.callsPerMinute, 0.5],
  ["calls 0 1m 1", ({ traffic }) => traffic[0]?.call.usageSource, "missing"],
  ["calls 0 1m 1 ending=closed", ({ traffic }) => traffic[0]?.call.ending, "closed"],
  ["calls 0 1m 1 input=0", ({ traffic }) => traffic[0]?.call.usageSource, "provider"],
  ["calls 0 1m 1 ttft=300ms", ({ traffic }) => traffic[0]?.call.stream, true],
  ["calls 0 1m 1 operation=execute_tool", ({ traffic }) => traffic[0]?.call.kind, "tool"],
  ["calls 0 1m 1 operation=invoke_agent", ({ traffic }) => traffic[0]?.call.kind, "agent"],
  ["calls 0 1m 1 operation=embeddings", ({ traffic }) => traffic[0]?.call.kind, "embeddings"],
  ["calls 0 1m 1 operation=rerank", ({ traffic }) => traffic[0]?.call.kind, "inference"],
  ['calls 0 1m 1 user="a b"', ({ traffic }) => traffic[0]?.call.userId, "a b"],
  [
    "calls 0 1m 1 finish=stop,length",
    ({ traffic }) => traffic[0]?.call.finishReasons,
    ["stop", "length"],
  ],
  [
    "calls 0 1m 1 score.a=0.5 score.b=-1",
    ({ traffic }) => [...(traffic[0]?.call.scores ?? [])],
    [
      ["a", 0.5],
      ["b", -1],
    ],
  ],
  [
    "gap 1m10s 2m",
    ({ gaps }) => gaps.map(({ fromMs, toMs }) => [fromMs, toMs]),
    [[70_000, 120_000]],
  ],
];
for (const [line, found, expected] of taken) {
  test(`taken: ${line}`, () => {
    assert.deepEqual(found(parseScenario("s", `${CHECK}\n${line}`)), expected);
  });
}

test("what an at line expects, sorted, labels in order", () => {
  const line =
    'at 1m sent "on call" "first" resolved C firing B{b="2", a="1"} pending A{} sent x "repeat-due"';
  assert.deepEqual(parseScenario("s", line).checks[0]?.expected, [
    'firing B{a="1", b="2"}',
    "pending A",
    "resolved C",
    'sent "on call" "first"',
    'sent x "repeat-due"',
  ]);
});

test("a file with Windows line ends", () => {
  const { checks } = parseScenario("s", "every 30s\r\nat 30s none\r\n");
  assert.deepEqual(checks[0]?.expected, []);
});
