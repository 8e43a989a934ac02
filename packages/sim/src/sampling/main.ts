// How often intervals of scores hold under rates that move: npm run sim:scores -- --runs N
import { parseArgs } from "node:util";
import { type Missing, studyCoverage } from "./coverage-study.ts";
import { POLICIES } from "./rate-policies.ts";

const HELP = `npm run sim:scores -- [--seed N] [--runs N] [--calls N]

Judges a sample of simulated hours of calls, at rates that are moved from the past, also by somebody
who knows the truth, and prints how often the interval of the estimated score holds the true one,
beside the usual interval of 1.96 standard errors.

  --seed N    where chance begins (default: 1)
  --runs N    hours a line (default: 1000)
  --calls N   calls an hour (default: 1500)
`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "1000" },
    calls: { type: "string", default: "1500" },
    help: { type: "boolean" },
  },
});
const [seed = NaN, runs = NaN, calls = NaN] = [values.seed, values.runs, values.calls].map(Number);
if (values.help === true || !(seed >= 0) || !(runs >= 1) || !(calls >= 1)) {
  process.stderr.write(HELP);
  process.exit(values.help === true ? 0 : 2);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const points = (score: number): string => score.toFixed(4);
const NONE: Missing = { good: 0, bad: 0 };
const WORLDS: readonly (readonly [
  string,
  { badShare: number; graded: boolean; missing: Missing },
])[] = [
  ["3 % bad", { badShare: 0.02, graded: false, missing: NONE }],
  ["0.5 % bad", { badShare: 0.0035, graded: false, missing: NONE }],
  ["20 % bad, graded", { badShare: 0.14, graded: true, missing: NONE }],
  ["3 % bad, 3 % missing", { badShare: 0.02, graded: false, missing: { good: 0.03, bad: 0.03 } }],
  [
    "3 % bad, bad ones missing",
    { badShare: 0.02, graded: false, missing: { good: 0.1, bad: 0.5 } },
  ],
];

process.stdout.write(
  "| calls | rates | judged | interval holds | width | 1.96 standard errors hold | width | bias (its error) | bias of the plain mean |\n" +
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
);
for (const [name, world] of WORLDS) {
  for (const policy of POLICIES) {
    const study = studyCoverage(policy, { seed, runs, calls, ...world });
    const cells = [
      name,
      policy.name,
      percent(study.judgedShare),
      percent(study.covered),
      points(study.width),
      percent(study.coveredByNormal),
      points(study.normalWidth),
      `${points(study.bias)} (${points(study.biasError)})`,
      points(study.plainBias),
    ];
    process.stdout.write(`| ${cells.join(" | ")} |\n`);
  }
}
for (const { name, about } of POLICIES) process.stdout.write(`${name}: ${about}\n`);
