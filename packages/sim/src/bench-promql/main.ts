// `npm run bench:promql`: queries and replay beside a Prometheus with the same samples.
import { parseArgs } from "node:util";
import { median, shown } from "../bench/figure.ts";
import { machine } from "../bench/machine.ts";
import { prometheusVersion } from "../bench/prometheus.ts";
import { runChild } from "../bench/run-child.ts";
import type { ReplayReport } from "../bench/replay-child.ts";
import { benchQueries, casesLike, ratioOf, type QueryReport, type Timed } from "./query-bench.ts";

const USAGE = `usage: npm run bench:promql -- [--only CASE] [--runs N] [--ours] [--profile DIR] [--json]

  --only CASE    cases whose name has this in it; "replay" is the replay of a rule file
  --runs N       pairs of each case, after two seconds of them that do not count (default: 9)
  --ours         without Prometheus
  --profile DIR  writes a processor profile of our process there
  --json         one JSON object instead of the table
`;

const REPLAY = "replay";
const MIB = 2 ** 20;

function tell(text: string): void {
  process.stderr.write(text);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return "";
  return `${shown(median(values))} (${shown(Math.min(...values))}–${shown(Math.max(...values))})`;
}

function queryTable({ timed, oursBytes, theirsBytes }: QueryReport): string {
  const row = (one: Timed): string => {
    const ratio = one.theirs.length === 0 ? "" : ratioOf(one).toFixed(2);
    return line([one.name, spread(one.ours), spread(one.theirs), ratio, one.differs ?? ""]);
  };
  return (
    line(["query", "here, ms", "Prometheus, ms", "ratio", "answers differ"]) +
    line(["---", "---", "---", "---", "---"]) +
    timed.map(row).join("") +
    line(["resident after all, MiB", shown(oursBytes / MIB), shown(theirsBytes / MIB), "", ""])
  );
}

function replayTable({ ticks, replayMs, stepsMs, stepsTimed }: ReplayReport): string {
  const whole = stepsMs === undefined ? NaN : stepsMs * ticks;
  return (
    `\nreplay of rules/article.yml over ${ticks} ticks of 15 s (14 d): ${shown(replayMs / 1000)} s here\n` +
    (stepsMs === undefined
      ? ""
      : `its expressions step by step over Prometheus' API: ${shown(stepsMs)} ms a step, measured over ` +
        `${stepsTimed} steps spread over the 14 d, hence ${shown(whole / 1000)} s; ratio ${shown(whole / replayMs)}\n`)
  );
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      runs: { type: "string", default: "9" },
      ours: { type: "boolean", default: false },
      profile: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { only, ours, profile, json, help } = values;
  const runs = Number(values.runs);
  const cases = casesLike(only);
  const replays = REPLAY.startsWith(only);
  if (help || !(runs >= 1) || (cases.length === 0 && !replays)) {
    tell(USAGE);
    return help ? 0 : 2;
  }
  const on = machine();
  const nodeOptions = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const options = { cases, runs, oursAlone: ours, nodeOptions, tell };
  const queries = cases.length === 0 ? undefined : await benchQueries(options);
  if (replays) tell("replay …\n");
  const replayArgs = ["14", ours ? "alone" : "beside"];
  const replay = replays
    ? ((await runChild("./replay-child.ts", replayArgs, {
        processor: 0,
        nodeOptions,
      })) as ReplayReport)
    : undefined;
  const command = `npm run bench:promql -- ${process.argv.slice(2).join(" ")}`.trimEnd();
  if (json) {
    process.stdout.write(`${JSON.stringify({ command, machine: on, queries, replay })}\n`);
    return 0;
  }
  const { cores, cpu, memoryGb, platform, node, commit, load } = on;
  process.stdout.write(
    `repeat: ${command}\n` +
      `machine: ${cores} × ${cpu}, ${memoryGb} GB, ${platform}, Node ${node}, Prometheus ${prometheusVersion() ?? "not installed"}\n` +
      `commit ${commit}, load ${load.toFixed(2)} at the start; median of ${runs} (least–most), ratio: median of the pairs\n\n` +
      (queries === undefined ? "" : queryTable(queries)) +
      (replay === undefined ? "" : replayTable(replay)),
  );
  return 0;
}

process.exitCode = await main();
