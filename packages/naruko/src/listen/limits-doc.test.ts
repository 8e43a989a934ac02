import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { DEFAULT_LIMITS, LIMIT_NAMES, limitNamedIn } from "@naruko/core/model/limits";
import { serveNaruko } from "../testing/serve-naruko.ts";
import { LimitCounts, limitFamily } from "./limit-counts.ts";

const read = (name: string): string =>
  readFileSync(new URL(`../../../../${name}`, import.meta.url), "utf8");
const page = read("docs/limits.md");

/** The comment of each limit, on one line. */
function comments(): ReadonlyMap<string, string> {
  const source = read("packages/core/src/model/limits.ts");
  const found = source.matchAll(/\/\*\*([^/]*?)\*\/\s+readonly (\w+): number;/g);
  return new Map(
    [...found].map(([, comment = "", name = ""]) => [
      name,
      comment.replaceAll(/\s+\*?\s*/g, " ").trim(),
    ]),
  );
}

test("docs/limits.md has every limit with its default and what it is", () => {
  const told = comments();
  const rows = LIMIT_NAMES.map(
    (name) => `| \`${name}\` | ${DEFAULT_LIMITS[name]} | ${told.get(name)} |`,
  );
  const shown = page.split("\n").filter((line) => /^\| `[a-z]\w+` +\| +\d+ +\|/.test(line));
  const tight = shown.map((line) => line.replaceAll(/ +/g, " "));
  assert.deepEqual(tight, rows, `the table is to be:\n${rows.join("\n")}`);
});

test("docs/limits.md has every metric of the program's own", async (t) => {
  const { http } = await serveNaruko(t, "--data", temporaryFolder(t));
  const metrics = await (await fetch(`${http}/metrics`)).text();
  const headers = metrics.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)$/gm);
  const rows = [...headers].map(([, name, help, type]) => `| \`${name}\` | ${type} | ${help} |`);
  const shown = page.split("\n").filter((line) => /^\| `\w+` +\| (counter|gauge) +\|/.test(line));
  const tight = shown.map((line) => line.replaceAll(/ +/g, " "));
  assert.deepEqual(tight, rows, `the table is to be:\n${rows.join("\n")}`);
});

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-limits-"));
  // Registered before the server's own end, and run after it.
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

const counts = (...names: readonly string[]): ReadonlyMap<string, number> =>
  new Map(names.map((name) => [name, 1]));

test("every limit has a counter, whoever counts it", () => {
  const limits = new LimitCounts();
  const rejected = counts("records-limit", "too-many-labels", "late");
  const ignored = counts("cut-text-length", "cut-value-entries", "text-cut", "not-genai");
  const engine = counts(
    "limit_ruleSamples",
    "rejected_samples_series-limit",
    "calls_first",
    "judge_missing_queue-full",
    "judge_contexts_forgotten",
    "judge_requests_cut",
  );
  for (const message of ["a (limit bodyBytes)", "b (limit bodyBytes); c", "(limit nope)", "x"]) {
    limits.namedIn(message);
  }
  const { samples } = limitFamily({ limits, rejected, ignored, engine });
  assert.deepEqual(
    samples.map(({ labels }) => labels?.["limit"]),
    LIMIT_NAMES,
  );
  const reached = samples.filter(({ value }) => value > 0);
  assert.deepEqual(
    Object.fromEntries(reached.map(({ labels, value }) => [labels?.["limit"], value])),
    {
      bodyBytes: 2,
      recordsPerRequest: 1,
      attributeLength: 2,
      textLength: 1,
      labelsPerPoint: 1,
      series: 1,
      ruleSamples: 1,
      judgeTextLength: 2,
      shownTextLength: 1,
    },
  );
});

for (const [message, limit] of [
  ["touches more than 5 samples (limit querySamples); narrow it", "querySamples"],
  ["(limit toString)", undefined],
  ["limit querySamples", undefined],
  ["", undefined],
] as const) {
  test(`"${message}" names ${limit ?? "no limit"}`, () =>
    assert.equal(limitNamedIn(message), limit));
}
