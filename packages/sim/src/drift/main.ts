// How often a judge that is as it was is said to drift: npm run sim:drift -- --years N
import { parseArgs } from "node:util";
import { type Bound, JUDGE_KINDS, studyDrift } from "./drift-study.ts";

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
  for (const pValue of P_VALUES) {
    const bound: Bound = { pValue, share: SHARE };
    const steady = seeds(years).map((one) =>
      studyDrift(kind, { seed: one, items, rounds: 365, bound }),
    );
    const flipped = steady.reduce((sum, one) => sum + one.flipped, 0) / years;
    const alarms = steady.reduce((sum, one) => sum + one.alarms.length, 0) / years;
    const seen = CHANGES.map((share) => hoursUntilSeen(kind, bound, share));
    const cells = [kind.name, `${(100 * flipped).toFixed(1)} %`, pValue, alarms, ...seen];
    process.stdout.write(`| ${cells.join(" | ")} |\n`);
  }
}
for (const { name, about } of JUDGE_KINDS) process.stdout.write(`${name}: ${about}\n`);

/** The median over several changes, with how many were seen. */
function hoursUntilSeen(kind: (typeof JUDGE_KINDS)[number], bound: Bound, share: number): string {
  const change = { round: CHANGE_ROUND, share };
  const rounds = CHANGE_ROUND + 3;
  const hours = seeds(CHANGE_RUNS)
    .map((one) => studyDrift(kind, { seed: one, items, rounds, bound, change }))
    .flatMap(({ alarms }) => alarms.find((round) => round >= CHANGE_ROUND) ?? [])
    .map((round) => 24 * (round - CHANGE_ROUND))
    .toSorted((a, b) => a - b);
  const median = hours[Math.floor(hours.length / 2)];
  if (median === undefined) return "never";
  return `${median.toFixed(0)} h (${hours.length} of ${CHANGE_RUNS})`;
}
