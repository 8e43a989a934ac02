// What becomes of texts that a judge is shown: on disk redacted, until they are settled, and never
// as they were sent.
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type TestContext } from "node:test";
import { onDisk, serving, stored } from "../testing/serving.ts";

/** In every text: what the patterns blot out, and what they leave. */
const SECRET = /zebra\d+secret/g;
const secrets: string[] = [];
const plain: string[] = [];

/** A text that is found nowhere else, with a secret beside it. */
function said(): string {
  const n = secrets.length;
  secrets.push(`zebra${n}secret`);
  plain.push(`giraffe${n}plain`);
  return `${secrets[n]} and ${plain[n]}`;
}

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const message = (role: string, content: string): string =>
  JSON.stringify([{ role, parts: [{ type: "text", content }] }]);

const ASKED = [text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt-5")];
const SHOWN = {
  system: text("gen_ai.system_instructions", message("system", said())),
  input: text("gen_ai.input.messages", message("user", said())),
  output: text("gen_ai.output.messages", message("assistant", said())),
  found: text("gen_ai.retrieval.documents", JSON.stringify([{ content: said() }])),
  given: text("gen_ai.tool.call.result", said()),
};
const shown = plain.slice();
/** Of no call: the place of what the retrieval found. */
const FOUND = 3;
const explained = text("gen_ai.evaluation.explanation", said());
const argument = text("gen_ai.tool.call.arguments", said());
const embedded = text("gen_ai.input.messages", message("user", said()));
/** What the judge itself says, and repeats. */
const quoted = said();
const quotedWord = plain.at(-1) ?? "";

/** A retrieval, a tool, a call that is judged, one that is not, and a user's verdict, in one trace. */
function trace(): object {
  const nanos = (ago: number): string => String(BigInt(Date.now() - ago) * 1_000_000n);
  const spans = [
    [text("gen_ai.operation.name", "retrieval"), SHOWN.found],
    [text("gen_ai.operation.name", "execute_tool"), argument, SHOWN.given],
    [...ASKED, SHOWN.system, SHOWN.input, SHOWN.output],
    [text("gen_ai.operation.name", "embeddings"), embedded],
  ].map((attributes, i) => ({
    traceId: "1".repeat(32),
    spanId: `${i + 1}`.repeat(16),
    name: "span",
    startTimeUnixNano: nanos(1000),
    endTimeUnixNano: nanos(0),
    attributes,
    events: [{ name: EVALUATED, timeUnixNano: nanos(0), attributes: [...VERDICT, explained] }],
  }));
  return { resourceSpans: [{ scopeSpans: [{ spans }] }] };
}

const EVALUATED = "gen_ai.evaluation.result";
const VERDICT = [
  text("gen_ai.evaluation.name", "thumbs"),
  text("gen_ai.evaluation.score.label", "up"),
];

/** An endpoint of OpenAI's API that finds everything good, and quotes what it was shown. */
function verdictOn(user: string): object {
  const boundary = /<answer-(\w+)>/.exec(user)?.[1];
  const verdict = (label: string): object => ({
    explanation: `it says ${quoted}`,
    label,
    score: 1,
  });
  const verdicts = {
    faithfulness: verdict("supported"),
    relevance: verdict("relevant"),
    safety: verdict("safe"),
  };
  const content = JSON.stringify({ boundary, verdicts });
  return {
    id: "x",
    object: "chat.completion",
    model: "gpt-4o-mini",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

type Judge = {
  readonly url: string;
  /** What it was shown. */
  readonly asked: readonly string[];
  /** Answers what was asked; until then it is silent. */
  readonly answer: () => void;
};

async function judgeFor(t: TestContext): Promise<Judge> {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { messages } = JSON.parse(Buffer.concat(pieces).toString()) as {
      messages: { content: string }[];
    };
    const user = messages.at(-1)?.content ?? "";
    waiting.push(() => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(verdictOn(user)));
    });
    asked.push(user);
  };
  const server = createServer((request, response) => {
    void respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    answer: () => {
      for (const reply of waiting.splice(0)) reply();
    },
  };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}

/** Which words a text has in it. */
const wordsIn = (where: string): string[] => plain.filter((word) => where.includes(word));

for (const [capture, restart, history] of [
  ["off", [], []],
  // What is settled stays in the log of inputs until two snapshots have passed it over.
  ["judge", [...shown, quotedWord], []],
  ["store", plain, plain.filter((_, i) => i !== FOUND)],
] as const) {
  test(`capture ${capture} and a judge: text on disk as long as it may be, a secret never`, async (t) => {
    const judge = await judgeFor(t);
    const server = await serving(
      t,
      `capture: { mode: ${capture}, redact: ['zebra\\d+secret'] }
interval: 1s
rules: []
judge:
  endpoint: { model: gpt-4o-mini, base_url: '${judge.url}', api_key: k }
  price: { input: 1, output: 1 }
  rate: 1
`,
    );
    const sent = await fetch(`${server.otlp}/v1/traces`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(trace()),
    });
    assert.deepEqual(await sent.json(), {});
    const isJudged = capture !== "off";
    await until(() => !isJudged || judge.asked.length > 0);
    assert.deepEqual(onDisk(server.folder, secrets), []);
    judge.answer();
    const isSettled = async (): Promise<boolean> => {
      const answer = await fetch(`${server.http}/api/v1/query?query=naruko_judge_verdicts_total>0`);
      return (await answer.text()).includes("value");
    };
    await until(async () => !isJudged || (await isSettled()));
    const told = (await (await fetch(`${server.http}/metrics`)).text()) + server.told();
    await server.stop();
    const left = await stored(server.folder);
    assert.deepEqual(wordsIn(left.restart), restart);
    assert.deepEqual(wordsIn(left.history), history);
    assert.deepEqual(wordsIn(told), []);
    assert.deepEqual(wordsIn(judge.asked.join("\n")), isJudged ? shown : []);
    const everything = [left.restart, left.history, told, ...judge.asked].join("\n");
    assert.deepEqual(everything.match(SECRET) ?? [], []);
    assert.deepEqual(onDisk(server.folder, secrets), []);
  });
}
