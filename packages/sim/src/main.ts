// Runs the simulation by hand: npm run sim -- --seed N --days N
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { simulate } from "./simulate.ts";
import type { Report } from "./simulate.ts";

const HELP = `npm run sim -- [--seed N] [--days N] [--no-judge]

Runs the server through days of crashes, full disks, failing receivers, a failing judge and wrong
clocks, and checks that nothing is lost or doubled and that no cap in dollars is passed. A failure
prints the command that repeats it.
`;

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    // Not in a checkout: the seed alone has to do.
    return "unknown";
  }
}

function whole(text: string, name: string): number {
  const value = Number(text);
  if (text !== "" && Number.isFinite(value) && value >= 0) return value;
  process.stderr.write(`sim: --${name}: expected a number, got "${text}"\n`);
  process.exit(2);
}

function lines(report: Report): string {
  const crashes = [...report.crashes].map(([kind, count]) => `${count} ${kind}`).join(", ");
  const { inputs, ticks, gaps, calls, samples, transitions, firings } = report;
  return `  ${report.starts} starts, ${report.reloads} reloads; deaths: ${crashes}
  ${inputs} inputs committed (${ticks} ticks, ${gaps} gaps): time never went back, no tick ran twice
  live = replay = replay with ${report.chunkRestarts} saves and loads: ${transitions} transitions, state and stored series
  ${calls} calls kept once and counted; ${samples} samples
  ${firings} alerts fired and were told: ${report.deliveries} deliveries, ${report.duplicates} of them twice after a death or a lost answer, ${report.posts} posts
${report.judge.requests === 0 ? "" : judgeLines(report)}`;
}

function judgeLines({ judge, pagesWithCheck }: Report): string {
  const { draws, verdicts, missing, requests, itemRequests, interrupted } = judge;
  const { billedUsd, countedUsd } = judge;
  const reasons = [...missing].map(([reason, count]) => `${count} ${reason}`).join(", ");
  return `  ${draws} calls drawn: ${verdicts} verdicts, none lost, invented or doubled; missing: ${reasons}
  ${requests} requests to the judge, ${itemRequests} of them about its golden set, ${interrupted} asked again after a death; ${billedUsd} USD billed, ${countedUsd} counted, within every cap
  ${pagesWithCheck} pages say how the judge did on its golden set just before
`;
}

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    days: { type: "string", default: "1" },
    "no-judge": { type: "boolean", default: false },
    help: { type: "boolean" },
  },
});
if (values.help === true) {
  process.stdout.write(HELP);
  process.exit(0);
}
const seed = whole(values.seed, "seed");
const days = whole(values.days, "days");
const isJudged = !values["no-judge"];
try {
  const report = await simulate({ seed, days, isJudged });
  process.stdout.write(`seed ${seed}, ${days} days, commit ${commit()}: all invariants hold\n`);
  process.stdout.write(lines(report));
} catch (error) {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${what}\n\nseed ${seed}, ${days} days, commit ${commit()}: failed\n`);
  process.stderr.write(
    `repeat: npm run sim -- --seed ${seed} --days ${days}${isJudged ? "" : " --no-judge"}\n`,
  );
  process.exit(1);
}
