// `naruko judge calibrate` against an endpoint that answers as OpenAI's API does.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { calibrationFile, readCalibrations } from "naruko/ask/calibrations";
import { runNaruko } from "naruko/testing/run-naruko";
import {
  type AskedOfJudge,
  JudgeStub,
  type JudgeStubAnswer,
} from "../provider-stubs/judge-stub.ts";
import * as openai from "../provider-stubs/openai-wire.ts";

/** What is asked: the answer that is judged, by which rubrics, and the boundary to repeat. */
type Question = {
  readonly answer: string;
  readonly rubrics: readonly string[];
  readonly boundary: string;
};

function questionOf({ body }: AskedOfJudge): Question {
  const messages = body["messages"] as readonly { readonly content: string }[];
  const text = messages.at(-1)?.content ?? "";
  const [, boundary = "", answer = ""] = /^<answer-(\w+)>\n(.*?)\n<\/answer/ms.exec(text) ?? [];
  const rubrics = Array.from(text.matchAll(/^## (\S+)$/gm), ([, name = ""]) => name);
  return { answer, rubrics, boundary };
}

const refused = (status: number): JudgeStubAnswer => ({
  kind: "whole",
  status,
  body: { error: { message: "no", code: "invalid" } },
});

const TOKENS = { input: 500, output: 100 };

function verdicts(asked: AskedOfJudge, score: (question: Question) => number): JudgeStubAnswer {
  const question = questionOf(asked);
  const said = question.rubrics.map((name) => {
    const value = score(question);
    const [bad, good] = LABELS[name] ?? ["", ""];
    return [name, { explanation: "…", label: value < 0.5 ? bad : good, score: value }];
  });
  const content = JSON.stringify({
    boundary: question.boundary,
    verdicts: Object.fromEntries(said) as object,
  });
  return openai.completion({ id: "c", message: { content }, tokens: TOKENS }) as JudgeStubAnswer;
}

/** The worst and the best label of each shipped rubric. */
const LABELS: Readonly<Record<string, readonly [string, string]>> = Object.fromEntries(
  ["faithfulness", "relevance", "safety"].map((name) => {
    const file = new URL(`../../../../rubrics/${name}.md`, import.meta.url);
    const head = readFileSync(file, "utf8").split("---")[1] ?? "";
    const names = Array.from(head.matchAll(/^ {2}([\w-]+):$/gm), ([, label = ""]) => label).filter(
      (label) => !["en", "ja"].includes(label),
    );
    return [name, [names.at(-1) ?? "", names[0] ?? ""]] as const;
  }),
);

/** Ten good and ten bad answers in English, and four in Japanese. */
const ITEMS = [
  ...Array.from({ length: 20 }, (_, i) => ({
    input: `question ${i}`,
    output: `${i % 2 === 0 ? "good" : "bad"} answer ${i}`,
    labels: { faithfulness: i % 2 === 0 },
  })),
  ...Array.from({ length: 4 }, (_, i) => ({
    output: `${i % 2 === 0 ? "good" : "bad"} 回答 ${i}`,
    language: "ja",
    labels: { faithfulness: i % 2 === 0 ? "good" : "bad" },
  })),
];

type Files = { readonly args: readonly string[]; readonly labels: string; readonly data: string };

async function filesFor(
  t: TestContext,
  answer: (asked: AskedOfJudge, index: number) => JudgeStubAnswer,
  price = "{ input: 1, output: 4 }",
): Promise<Files & { readonly stub: JudgeStub }> {
  const stub = new JudgeStub(answer);
  const address = await stub.start();
  const folder = mkdtempSync(path.join(tmpdir(), "calibrate-"));
  t.after(async () => {
    await stub.stop();
    rmSync(folder, { recursive: true });
  });
  const config = path.join(folder, "naruko.yml");
  const endpoint = `endpoint: { base_url: "${address}/v1", model: judge-1 }`;
  writeFileSync(
    config,
    `data: ${folder}/data
capture: { mode: judge, redact: ["secret-[0-9]+"] }
judge: { ${endpoint}, price: ${price}, concurrency: 3 }
`,
  );
  const labels = path.join(folder, "labels.jsonl");
  writeFileSync(labels, ITEMS.map((item) => JSON.stringify(item)).join("\n"));
  const args = ["judge", "calibrate", labels, "--config", config];
  return { stub, args, labels, data: `${folder}/data` };
}

/** Right, but for one good answer that it finds bad and three bad ones that it lets pass. */
const mostlyRight = ({ answer }: Question): number => {
  if (/answer (?:3|5|7)$/.test(answer)) return 1;
  return answer.startsWith("bad") || answer === "good answer 4" ? 0 : 1;
};

test("a judge is compared with labels, by rubric and language, and that is kept", async (t) => {
  const { stub, args, data } = await filesFor(t, (asked) => verdicts(asked, mostlyRight));
  const { code, printed, told } = await runNaruko(...args, "--max-usd", "1");
  assert.deepEqual([code, told], [0, ""]);
  assert.match(
    printed,
    /^faithfulness {2}en {8}10 {3}10 {4}0 {8}0\.70 \(0\.40 to 0\.89\) {2}0\.90 \(0\.60 to 0\.98\)/m,
  );
  assert.match(printed, /^faithfulness {2}ja {8}2 {4}2 {5}0 {8}1\.00 \(0\.34 to 1\.00\)/m);
  assert.match(
    printed,
    /faithfulness, en: where 3 % of calls are bad, a correction takes about [\d,]+ more answers labelled good/,
  );
  // What was found bad was asked a second time: 7 + 1 in English, 2 in Japanese.
  assert.equal(stub.asked.length, 24 + 10);
  assert.match(printed, /^cost \$0\.0306$/m);
  const rows = await readCalibrations(data);
  assert.deepEqual(
    rows.map(({ judge: _judge, at: _at, ...rest }) => Object.values(rest)),
    [
      ["faithfulness", "en", 7, 3, 1, 9, 0],
      ["faithfulness", "ja", 2, 0, 0, 2, 0],
    ],
  );
  assert.match(rows[0]?.judge ?? "", /^judge-1\/[0-9a-f]{16}$/);
  const again = await runNaruko("judge", "calibrate", "--show", "--data", data);
  assert.equal(again.code, 0);
  assert.ok(printed.startsWith(again.printed));
});

test("as JSON there is one row a line, and what it came to", async (t) => {
  const { args } = await filesFor(t, (asked) => verdicts(asked, mostlyRight));
  const { printed } = await runNaruko(...args, "--max-usd", "1", "--json", "--rate", "0.2");
  const lines = printed.trimEnd().split("\n");
  const [first = {}, , summary] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(lines.length, 3);
  assert.deepEqual(
    [first["kind"], first["labels"], (first["labelsNeeded"] as { atRate: number }).atRate],
    ["calibration", 20, 0.2],
  );
  assert.deepEqual(summary, { kind: "summary", answers: 24, usd: 0.0306, missing: {} });
});

test("without --max-usd nobody is asked, and the cost is estimated", async (t) => {
  const { stub, args, data } = await filesFor(t, (asked) => verdicts(asked, mostlyRight));
  const { code, told } = await runNaruko(...args);
  assert.equal(code, 2);
  assert.match(
    told,
    /24 answers cost about \$0\.\d\d, at most \$\d\.\d\d with judge-1; nothing was asked/,
  );
  assert.match(told, /--max-usd 0\.\d\d/);
  assert.equal(stub.asked.length, 0);
  assert.deepEqual(await readCalibrations(data), []);
});

test("what costs nothing needs no cap", async (t) => {
  const { args } = await filesFor(
    t,
    (asked) => verdicts(asked, mostlyRight),
    "{ input: 0, output: 0 }",
  );
  const { code, printed } = await runNaruko(...args);
  assert.equal(code, 0);
  assert.match(printed, /^cost \$0\.0000$/m);
});

test("the cap holds: what it leaves no money for is missing", async (t) => {
  const { stub, args } = await filesFor(t, (asked) => verdicts(asked, mostlyRight));
  // A request costs 0.0009, and up to some 0.02 is set aside for it.
  const { code, told, printed } = await runNaruko(...args, "--max-usd", "0.025");
  assert.equal(code, 1);
  assert.match(told, /^verdicts are missing: \d+ budget$/m);
  const [, cost] = /^cost \$(.*)$/m.exec(printed) ?? [];
  assert.ok(Number(cost) <= 0.025 && stub.asked.length > 0);
});

test("failures are tried again, and what stays missing is told", async (t) => {
  const { args } = await filesFor(t, (asked, index) => {
    if (index === 2) return openai.failure(500, "server_error") as JudgeStubAnswer;
    const { answer } = questionOf(asked);
    if (/answer (?:0|2)$/.test(answer)) return refused(400);
    return verdicts(asked, mostlyRight);
  });
  const { code, printed, told } = await runNaruko(...args, "--max-usd", "1");
  assert.equal(code, 1, "two of twenty are more than 5 %");
  assert.match(told, /verdicts are missing: 6 rejected/);
  assert.match(printed, /^faithfulness {2}en {8}10 {3}8 {5}2 /m);
});

test("an endpoint that never answers well is given up, and nothing is kept", async (t) => {
  const { stub, args, data } = await filesFor(t, () => refused(401));
  const { code, told, printed } = await runNaruko(...args, "--max-usd", "1");
  assert.equal(code, 1);
  assert.match(printed, /^faithfulness, en: no verdict, so nothing is known$/m);
  assert.doesNotMatch(printed, /chance|no labels/);
  assert.match(
    told,
    /nothing is kept: none of the first 1\d has a verdict: 127\.0\.0\.1:\d+ answered 401/,
  );
  assert.ok(stub.asked.length < 20);
  assert.deepEqual(await readCalibrations(data), []);
});

test("what the user blots out is not shown to the judge", async (t) => {
  const { stub, args, labels } = await filesFor(t, (asked) => verdicts(asked, () => 1));
  // As an editor of Windows writes it.
  const line = `{"output": "the code is secret-42", "labels": {"faithfulness": true}}`;
  writeFileSync(labels, `\uFEFF${line}\r\n`);
  const { code } = await runNaruko(...args, "--max-usd", "1");
  assert.equal(code, 0);
  assert.doesNotMatch(JSON.stringify(stub.asked), /secret-42/);
});

for (const [what, change, expected] of [
  [
    "a label of a rubric that is none",
    `{"output": "a", "labels": {"tone": 1}}`,
    [1, /labels\.jsonl:1: there is no rubric "tone"/],
  ],
  ["no answer", `{"labels": {"safety": true}}`, [1, /labels\.jsonl:1: output is missing/]],
] as const) {
  test(`refused before anybody is asked: ${what}`, async (t) => {
    const { stub, args, labels } = await filesFor(t, (asked) => verdicts(asked, mostlyRight));
    writeFileSync(labels, change);
    const { code, told } = await runNaruko(...args, "--max-usd", "1");
    const [exit, message] = expected;
    assert.equal(code, exit);
    assert.match(told, message);
    assert.equal(stub.asked.length, 0);
  });
}

for (const [args, message] of [
  [["judge"], /expected .*judge calibrate/],
  [["judge", "calibrat"], /judge calibrate, not "calibrat"/],
  [["judge", "calibrate"], /takes a FILE with labels, or --show/],
  [["judge", "calibrate", "a", "--show"], /takes a FILE with labels, or --show/],
  [["judge", "calibrate", "a", "b"], /one FILE is calibrated at a time, not 2/],
  [["judge", "calibrate", "a", "--max-usd", "0"], /--max-usd: expected US dollars, more than 0/],
  [["judge", "calibrate", "a", "--rate", "1"], /--rate: expected a share between 0 and 1/],
] as const) {
  test(`misuse: naruko ${args.join(" ")}`, async () => {
    const { code, told } = await runNaruko(...args);
    assert.equal(code, 2);
    assert.match(told, message);
  });
}

test("a configuration without a judge is told what to write", async (t) => {
  const { labels, data } = await filesFor(t, (asked) => verdicts(asked, mostlyRight));
  const config = `${data}.yml`;
  writeFileSync(config, "capture: judge\n");
  const { code, told } = await runNaruko("judge", "calibrate", labels, "--config", config);
  assert.equal(code, 1);
  assert.match(told, /the configuration has no judge; write judge: \{ endpoint: \{ model: … \} \}/);
});

test("where nothing was ever compared, that is said", async (t) => {
  const { data } = await filesFor(t, (asked) => verdicts(asked, mostlyRight));
  const { code, printed, told } = await runNaruko("judge", "calibrate", "--show", "--data", data);
  assert.deepEqual([code, printed.trim()], [0, ""]);
  assert.match(told, /never compared/);
  assert.ok(calibrationFile(data).endsWith("judge-calibration.json"));
});
