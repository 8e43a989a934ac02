// How often a judge that is as it was is said to drift: npm run sim:drift -- --years N
import { parseArgs } from "node:util";
import {
  type DriftStudy,
  type DriftStudyOptions,
  JUDGE_KINDS,
  type JudgeKind,
  studyDrift,
} from "./drift-study.ts";

const HELP = `npm run sim:drift -- [--seed N] [--years N] [--items N]

Judges a golden set once a day, item by item, by judges that do not change, looks at the flips after
every verdict, and prints how many alarms a year and rubric that gives at several bounds of the p value.
Then the judge lets some of the bad items pass, from the thirtieth day on, and what is printed is after
how many hours that is seen, and how often within three days.

  --seed N    where chance begins (default: 1)
  --years N   years a line (default: 10)
  --items N   items of the set (default: 382, those of a shipped rubric)
`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    years: { type: "string", default: "10" },
    items: { type: "string", default: "382" },
    help: { type: "boolean" },
  },
});
const [seed = NaN, years = NaN, items = NaN] = [values.seed, values.years, values.items].map(
  Number,
);
if (values.help === true || !(seed >= 0) || !(years >= 1) || !(items >= 1)) {
  process.stderr.write(HELP);
  process.exit(values.help === true ? 0 : 2);
}

const P_VALUES: readonly number[] = [1e-3, 1e-4, 1e-5];
/** Of items that went one way, as the shipped rule has it. */
const SHARE = 0.03;
const CHANGES: readonly number[] = [0.1, 0.2, 0.4];
const CHANGE_ROUND = 30;
const CHANGE_RUNS = 20;

const seeds = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => seed + i);

process.stdout.write("| judge | flips | p value | alarms a year |");
for (const share of CHANGES)
  process.stdout.write(` ${100 * share} % of the bad pass: seen after |`);
process.stdout.write(`\n|${" --- |".repeat(4 + CHANGES.length)}\n`);
for (const kind of JUDGE_KINDS) {
  const steady = seeds(years).map((one) => study(kind, one, 365));
  const flipped = steady.reduce((sum, one) => sum + one.flipped, 0) / years;
  const changed = CHANGES.map((share) =>
    seeds(CHANGE_RUNS).map((one) =>
      study(kind, one, CHANGE_ROUND + 3, { round: CHANGE_ROUND, share }),
    ),
  );
  for (const [i, pValue] of P_VALUES.entries()) {
    const alarms = steady.reduce((sum, one) => sum + (one.alarms[i]?.length ?? 0), 0) / years;
    const seen = changed.map((runs) => hoursUntilSeen(runs.map((one) => one.alarms[i] ?? [])));
    const cells = [
      kind.name,
      `${(100 * flipped).toFixed(1)} %`,
      pValue,
      alarms.toFixed(2),
      ...seen,
    ];
    process.stdout.write(`| ${cells.join(" | ")} |\n`);
  }
}
for (const { name, about } of JUDGE_KINDS) process.stdout.write(`${name}: ${about}\n`);

function study(
  kind: JudgeKind,
  one: number,
  rounds: number,
  change?: DriftStudyOptions["change"],
): DriftStudy {
  const options = { seed: one, items, rounds, share: SHARE, pValues: P_VALUES };
  return studyDrift(kind, { ...options, ...(change && { change }) });
}

/** The median over several changes, with how many were seen. */
function hoursUntilSeen(runs: readonly (readonly number[])[]): string {
  const hours = runs
    .flatMap((alarms) => alarms.find((round) => round >= CHANGE_ROUND) ?? [])
    .map((round) => 24 * (round - CHANGE_ROUND))
    .toSorted((a, b) => a - b);
  const median = hours[Math.floor(hours.length / 2)];
  if (median === undefined) return "never";
  return `${median.toFixed(0)} h (${hours.length} of ${runs.length})`;
}
