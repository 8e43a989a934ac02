import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { after, before } from "node:test";
import { type Arrivals, arrivalsAt } from "./arrivals.ts";
import { CASES, type Case } from "./cases.ts";
import { DIFFERENCES } from "./differences.ts";
import { asServed, differenceOf, expectedOf } from "./expected.ts";
import { ANSWER_TEXT } from "./model-answers.ts";
import { ModelStub, type Served } from "./model-stub.ts";
import { type Ran, SENDERS, type Sender, casesOf, missingSenders, runSender } from "./senders.ts";
import { type Serving, query, serve } from "./serve.ts";

/** A sender takes two seconds on an idle machine. */
const SENDER_LIMIT_MS = 60_000;
/** Between two clocks of two processes, and a sender's rounding, a call. */
const CLOCK_SLACK_S = 0.002;

const missing = missingSenders();
const skip =
  missing.length > 0 && process.env["NARUKO_REQUIRE_PEERS"] !== "1"
    ? `npm test installs their packages: ${missing.join(", ")}`
    : false;

const folder = mkdtempSync(path.join(tmpdir(), "naruko-senders-"));
const stub = new ModelStub();
const ran = new Map<string, Ran>();
/** What ends what was begun, in the order of the beginnings. */
const undo: (() => Promise<void> | void)[] = [];
let server: Serving;
let arrivals: Arrivals;

before(
  async () => {
    if (skip !== false) return;
    assert.deepEqual(missing, [], "packages of senders are not installed");
    const modelUrl = await stub.start();
    undo.push(() => stub.stop());
    server = await serve(folder);
    undo.push(async () => {
      assert.equal(await server.stop(), 0);
    });
    const ended = new AbortController();
    undo.push(() => {
      ended.abort();
    });
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(SENDER_LIMIT_MS)]);
    const around = { modelUrl, otlpUrl: server.otlp, grpcUrl: server.grpc, cases: CASES, signal };
    const run = async (sender: Sender): Promise<void> => {
      ran.set(sender.service, await runSender(sender, around));
    };
    await Promise.all(SENDERS.map(run));
    arrivals = await arrivalsAt(server);
  },
  { timeout: 2 * SENDER_LIMIT_MS },
);

after(async () => {
  try {
    for (const step of undo.toReversed()) await step();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const told = SENDERS.filter(({ tells }) => tells.includes("spans"));

function servedTo({ service }: Sender, { model }: Case): readonly Served[] {
  return stub.servedTo(service, model);
}

/** Rows of a query by one label's value. */
async function byLabel(expr: string, label: string): Promise<Readonly<Record<string, number>>> {
  const rows = await query(server, expr);
  return Object.fromEntries(rows.map(({ labels, value }) => [labels[label] ?? "", value]));
}

test(
  "every application saw what the stub answered, and nothing went wrong on the way",
  { skip },
  async () => {
    for (const sender of SENDERS) {
      const { service, unhandled = 0, complains = /^$/ } = sender;
      const { seen, code, told: stderr } = ran.get(service) ?? assert.fail(service);
      assert.equal(code, 0, stderr);
      assert.match(stderr, complains, service);
      assert.equal(seen.filter((one) => one.unhandled !== undefined).length, unhandled, service);
      for (const asked of casesOf(sender, CASES)) {
        const calls = seen.filter((one) => one.case === asked.name);
        assert.equal(calls.length, asked.times, `${service}: ${asked.name}`);
        const fails = asked.answer !== "whole" && asked.answer !== "once-limited";
        for (const { text, error } of calls) {
          assert.equal(error !== undefined, fails, `${service}: ${asked.name}: ${String(error)}`);
          if (fails) continue;
          assert.equal(text, asked.api === "embeddings" ? "3 numbers" : ANSWER_TEXT);
        }
      }
    }
    const metrics = await (await fetch(`${server.http}/metrics`)).text();
    assert.doesNotMatch(metrics, /^naruko_(rejected_records|refused_requests)_total/m);
    assert.equal(server.told(), "");
  },
);

for (const sender of told) {
  const { service } = sender;
  test(`${service}: calls, tokens, errors and models`, { skip }, () => {
    for (const asked of casesOf(sender, CASES)) {
      const expected = expectedOf(service, asked, servedTo(sender, asked));
      assert.deepEqual(arrivals.arrival(service, asked), expected, asked.name);
    }
  });

  test(`${service}: durations lie between the stub's and the application's`, { skip }, () => {
    for (const asked of casesOf(sender, CASES)) {
      const { calls, firstChunks } = arrivals.arrival(service, asked);
      if (calls === 0) continue;
      const { seconds, firstChunkSeconds } = arrivals.measured(service, asked);
      const served = servedTo(sender, asked);
      const seen = ran.get(service)?.seen.filter((one) => one.case === asked.name) ?? [];
      // Headers come when the stub has thought.
      const endsEarly = differenceOf(service, asked)?.endsEarly === true;
      const leastS = sum(served, (one) => (endsEarly ? one.firstMs : one.servedMs) ?? 0) / 1000;
      const mostS = sum(seen, ({ tookMs }) => tookMs ?? 0) / 1000;
      const slackS = CLOCK_SLACK_S * calls;
      const what = `${asked.name}: ${leastS} to ${mostS}`;
      assert.ok(seconds > leastS - slackS && seconds < mostS + slackS, `${what}, not ${seconds}`);
      if (firstChunks === 0) continue;
      const firstS = sum(served, ({ firstMs }) => firstMs ?? 0) / 1000;
      const isBetween = firstChunkSeconds > firstS - slackS && firstChunkSeconds < seconds + slackS;
      assert.ok(isBetween, `${asked.name}: first chunk after ${firstChunkSeconds}`);
    }
  });
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

test("the same tokens cost the same, whoever tells them", { skip }, () => {
  for (const asked of CASES) {
    const costs = told.flatMap((sender) => {
      const { input } = asServed(asked, servedTo(sender, asked));
      // The first generation cannot tell what was read from a cache, which is cheaper.
      const untold = sender.generation === 1 || sender.hidesCache === true;
      if (input === undefined || untold || !casesOf(sender, CASES).includes(asked)) return [];
      const arrives = differenceOf(sender.service, asked)?.arrives ?? {};
      const isOther = "input" in arrives || "output" in arrives;
      return isOther ? [] : [arrivals.measured(sender.service, asked).costUsd.toPrecision(9)];
    });
    assert.ok(new Set(costs).size <= 1, `${asked.name}: ${costs.join(", ")}`);
    assert.ok(!costs.includes("0.00000000"), asked.name);
  }
});

test("metrics that come beside spans are not added to them", { skip }, async () => {
  const count = "sum by (service_name) (gen_ai_client_operation_duration_seconds_count)";
  const calls = await byLabel(count, "service_name");
  for (const sender of told) {
    const { service, tells } = sender;
    const arrived = sum(
      casesOf(sender, CASES),
      (asked) => expectedOf(service, asked, servedTo(sender, asked)).calls,
    );
    if (tells.includes("metrics")) assert.equal(calls[service], arrived, service);
  }
});

test("metrics that come alone are the series of the conventions", { skip }, async () => {
  const ofService = `{service_name="metrics-alone"}`;
  const duration = `gen_ai_client_operation_duration_seconds_count${ofService}`;
  const usage = `gen_ai_client_token_usage_sum${ofService}`;
  const model = "gen_ai_request_model";
  const calls = await byLabel(`sum by (${model}) (${duration})`, model);
  const errors = await byLabel(`sum by (error_type) (${duration})`, "error_type");
  const tokens = await byLabel(`sum by (gen_ai_token_type) (${usage})`, "gen_ai_token_type");
  const wire = CASES.map((asked) => asServed(asked, stub.servedTo("metrics-alone", asked.model)));
  assert.deepEqual(calls, Object.fromEntries(CASES.map(({ model: name, times }) => [name, times])));
  assert.deepEqual(errors, { "": 13, "429": 4, "500": 2, stream_cut: 2 });
  assert.deepEqual(tokens, {
    input: sum(wire, ({ input }) => input ?? 0),
    output: sum(wire, ({ output }) => output ?? 0),
  });
  assert.deepEqual(await query(server, `llm_operation_duration_seconds_count${ofService}`), []);
});

test("the third generation's counters", { skip }, async () => {
  const wire = CASES.map((asked) => asServed(asked, stub.servedTo("by-hand-3", asked.model)));
  for (const type of ["input", "output"] as const) {
    const name = `gen_ai_client_inference_usage_${type}_tokens_total`;
    const counted = await byLabel(`sum by (service_name) (${name})`, "service_name");
    assert.deepEqual(counted, { "by-hand-3": sum(wire, (one) => one[type] ?? 0) });
  }
});

test("evaluations find the calls that they are about", { skip }, async () => {
  const answered = CASES.filter(({ answer }) => answer === "whole" || answer === "once-limited");
  for (const { service, tells } of told) {
    const ofService = `{service_name="${service}", metric="relevance"}`;
    const scores = await byLabel(`llm_quality_score${ofService}`, "model");
    const score = ({ api, model }: Case): readonly [string, number] =>
      [model, api === "embeddings" ? 0.25 : 0.75] as const;
    const expected = tells.includes("evaluations") ? answered.map(score) : [];
    assert.deepEqual(scores, Object.fromEntries(expected), service);
  }
});

const DOCS = new URL("../../../../docs/send/", import.meta.url);

/** The rows of a Markdown table, without its rule and whatever pads its cells. */
function cellsOf(markdown: string): readonly string[] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[\s:|-]+\|$/.test(line))
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .join("|"),
    );
}

/** The columns of the tables in `docs/send/README.md`; AI SDK 5 and 6 are as 4 is. */
const TABLES: readonly (readonly string[])[] = [
  ["by-hand-3", "by-hand-1", "openinference", "ai-sdk"],
  ["openlit", "openllmetry", "contrib", "langchain", "ai-sdk-4"],
];

function cellOf(service: string, asked: Case): string {
  const sender = SENDERS.find((one) => one.service === service) ?? assert.fail(service);
  if (!casesOf(sender, CASES).includes(asked)) return "not asked";
  return differenceOf(service, asked)?.because ?? "all";
}

for (const columns of TABLES) {
  test(`docs/send/README.md has what arrives of ${columns.join(", ")}`, () => {
    const rows = CASES.map((asked) => {
      const cells = columns.map((service) => cellOf(service, asked));
      return `| ${asked.name} | ${cells.join(" | ")} |`;
    });
    const found = new Set(cellsOf(readFileSync(new URL("README.md", DOCS), "utf8")));
    const lacking = cellsOf(rows.join("\n")).filter((row) => !found.has(row));
    assert.deepEqual(lacking, [], "rows that docs/send/README.md lacks");
  });
}

test("AI SDK 4, 5 and 6 tell the same", () => {
  for (const asked of CASES) {
    const cells = ["ai-sdk-4", "ai-sdk-5", "ai-sdk-6"].map((service) => cellOf(service, asked));
    assert.equal(new Set(cells).size, 1, asked.name);
  }
});

test("the lines of docs/send are those of the programs that these tests run", () => {
  let blocks = 0;
  for (const page of readdirSync(DOCS).filter((name) => name.endsWith(".md"))) {
    for (const section of readFileSync(new URL(page, DOCS), "utf8").split("\n## ")) {
      const program = /`(packages\/sim\/senders\/[\w-]+\/\w+\.mjs)`/.exec(section)?.[1];
      if (program === undefined) continue;
      const text = readFileSync(new URL(`../../${program}`, DOCS), "utf8");
      for (const [, block = ""] of section.matchAll(/```js\n(.*?)```/gs)) {
        blocks++;
        assert.ok(text.includes(block), `${page}: ${block}`);
      }
    }
  }
  assert.equal(blocks, 14);
});

test("no difference is listed for a case or sender that there is not", () => {
  const names = new Set(CASES.map(({ name }) => name));
  const services = new Set(told.map(({ service }) => service));
  for (const difference of DIFFERENCES) {
    for (const name of difference.cases) assert.ok(names.has(name), name);
    for (const service of difference.services) assert.ok(services.has(service), service);
  }
});
