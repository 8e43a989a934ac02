// Debian's promtool against a server of ours and against a real Prometheus with the same samples.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import {
  at,
  openMetrics,
  RULES,
  rulesRan,
  START_S,
  startOurs,
  temporaryFolder,
} from "../testing/api-fixture.ts";
import { hasPrometheus, startPrometheus } from "../testing/prometheus-peer.ts";

type Ended = { readonly code: number; readonly out: string };

/** Runs `promtool query`; what it says to stderr names the server and is not compared. */
function promtool(url: string, [what = "", ...args]: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const flags = args.filter((arg) => arg.startsWith("--"));
    const rest = args.filter((arg) => !arg.startsWith("--"));
    execFile("promtool", ["query", what, ...flags, url, ...rest], (error, out) => {
      resolve({ code: Number(error?.code ?? 0), out });
    });
  });
}

const RANGE = [`--start=${at(0)}`, `--end=${at(200)}`];
const RFC = [`--start=${new Date(START_S * 1000).toISOString()}`, `--end=${at(90)}`];
const RUNS: readonly (readonly string[])[] = [
  ["instant", "level", `--time=${at(100)}`],
  ["instant", "level", `--time=${at(100)}`, "--format=json"],
  ["instant", "sum by (a) (pair) > 1", `--time=${at(100)}`],
  ["instant", "1 + 1", `--time=${at(100)}`],
  ["instant", "'text'", `--time=${at(100)}`],
  ["instant", "level[1m]", `--time=${at(100)}`],
  ["instant", "nothing", `--time=${at(100)}`],
  ["instant", "level{", `--time=${at(100)}`],
  ["range", "pair", ...RANGE, "--step=30s"],
  ["range", "rate(calls_total[100s])", ...RANGE, "--step=30s", "--format=json"],
  ["range", "level{a='3'}", ...RFC, "--step=10s"],
  ["range", "level[1m]", ...RANGE, "--step=30s"],
  ["range", "level * on (x) level", ...RANGE, "--step=30s"],
  ["range", "level", `--start=${at(100)}`, `--end=${at(0)}`],
  ["series", "--match=pair", "--match=level", ...RANGE],
  ["series", "--match=pair"],
  ["series", "--match={__name__=~'pair|calls_total'}", ...RFC, "--format=json"],
  ["series", "--match=pair[5m]"],
  ["labels", "a", ...RANGE, "--match=level"],
  ["labels", "b"],
  ["labels", "a", "--match={"],
];

test("promtool query prints the same of both", async (context) => {
  if (!hasPrometheus(context)) return;
  const folder = temporaryFolder(context);
  const [theirs, ours] = await Promise.all([
    startPrometheus(context, folder, { samples: openMetrics(), rules: RULES }),
    startOurs(context, folder),
  ]);
  await rulesRan(ours);
  for (const run of RUNS) {
    const [expected, actual] = await Promise.all([promtool(theirs, run), promtool(ours, run)]);
    assert.deepEqual(actual, expected, run.join(" "));
    assert.ok(actual.code !== 0 || actual.out !== "" || run[1] === "nothing", run.join(" "));
  }
});
