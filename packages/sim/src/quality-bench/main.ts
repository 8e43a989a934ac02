// `npm run bench:quality`: how right the free signals are, and how many calls a core looks at.
import { parseArgs } from "node:util";
import { LENGTH_HABIT } from "@naruko/core/quality/length-habit";
import { FLAGS, flagsOf, SIGNALS } from "@naruko/core/quality/flags";
import type { Call } from "@naruko/core/model/call";
import { machine } from "../bench/machine.ts";
import { callOf, readFixtures, type Fixture } from "./fixture.ts";
import { readRealTexts, type RealTexts } from "./real-texts.ts";
import { precision, recall, score, wilson, type Miss, type Share } from "./score.ts";
import { callsPerSecond } from "./throughput.ts";

const USAGE = `usage: npm run bench:quality -- [--texts FOLDER] [--seconds N] [--misses]

  --texts FOLDER   answers of real models: halueval-2.0/ and llmdrift/ as their repositories have them
  --seconds N      length of each measurement of throughput (default: 2)
  --misses         every example on which a flag was wrong, those held out included
`;

type Row = readonly string[];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      texts: { type: "string" },
      seconds: { type: "string", default: "2" },
      misses: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const seconds = Number(values.seconds);
  if (values.help || !(seconds > 0)) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  const fixtures = readFixtures();
  const real = values.texts === undefined ? [] : readRealTexts(values.texts);
  const { cores, cpu, memoryGb, platform, node, commit, load } = machine();
  print(
    `repeat: ${`npm run bench:quality -- ${process.argv.slice(2).join(" ")}`.trimEnd()}`,
    `machine: ${cores} × ${cpu}, ${memoryGb} GB, ${platform}, Node ${node}`,
    `commit ${commit}, load ${load.toFixed(2)} at the start`,
    "",
    "Labelled examples; in brackets Wilson's interval at 95 %.",
    "",
    table(ACCURACY_HEAD, accuracyRows(fixtures)),
    "",
  );
  if (values.misses) print(...missLines(fixtures), "");
  if (real.length > 0) print(table(REAL_HEAD, realRows(real)), "");
  const sets = speedSets(fixtures, real);
  print(table(SPEED_HEAD, speedRows(sets, seconds)), "");
  // One of the sets of real answers says enough.
  const few = sets.filter((set) => real.indexOf(set) < 1);
  print(table(["µs a call", ...few.map(({ source }) => source)], signalRows(few, seconds)));
  return 0;
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

const ACCURACY_HEAD: Row = [
  "flag",
  "tuned on: n",
  "precision",
  "recall",
  "held out: n",
  "precision",
  "recall",
  "raised on other flags' examples",
];

function accuracyRows(fixtures: ReadonlyMap<string, readonly Fixture[]>): readonly Row[] {
  return FLAGS.map(({ flag }) => {
    const own = fixtures.get(flag) ?? [];
    const cells = [false, true].flatMap((held) => {
      const part = own.filter((fixture) => (fixture.held ?? false) === held);
      const { score: found } = score(flag, part);
      return [`${part.length}`, shown(precision(found)), shown(recall(found))];
    });
    return [flag, ...cells, raisedElsewhere(flag, fixtures)];
  });
}

/** How often a flag is raised on examples that are about another one and not labelled with it. */
function raisedElsewhere(flag: string, fixtures: ReadonlyMap<string, readonly Fixture[]>): string {
  if (flag === LENGTH_HABIT) return "–";
  const others = [...fixtures]
    .filter(([about]) => about !== flag && about !== LENGTH_HABIT)
    .flatMap(([, examples]) => examples)
    .filter((fixture) => !fixture.flags.includes(flag));
  return `${score(flag, others).score.falsePositives} of ${others.length}`;
}

function shown(share: Share): string {
  if (share.of === 0) return "–";
  const [low, high] = wilson(share);
  return `${(share.hits / share.of).toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function missLines(fixtures: ReadonlyMap<string, readonly Fixture[]>): readonly string[] {
  const misses: Miss[] = [];
  for (const { flag } of FLAGS) {
    misses.push(...score(flag, fixtures.get(flag) ?? []).misses);
    if (flag === LENGTH_HABIT) continue;
    for (const [about, examples] of fixtures) {
      if (about !== flag && about !== LENGTH_HABIT) misses.push(...score(flag, examples).misses);
    }
  }
  return misses.map(
    ({ flag, raised, fixture }) =>
      `${flag} ${raised ? "raised" : "not raised"}: ${JSON.stringify(fixture)}`,
  );
}

const REAL_HEAD: Row = ["answers of real models", "n", "flags raised"];

function realRows(real: readonly RealTexts[]): readonly Row[] {
  return real.map(({ source, calls }) => {
    const counts = new Map<string, number>();
    for (const call of calls)
      for (const flag of flagsOf(call)) counts.set(flag, (counts.get(flag) ?? 0) + 1);
    const raised = [...counts].map(([flag, count]) => `${flag} ${count}`).join(", ");
    return [source, `${calls.length}`, raised === "" ? "none" : raised];
  });
}

const SPEED_HEAD: Row = ["throughput on one core", "mean output", "calls a second", "µs a call"];

function speedSets(
  fixtures: ReadonlyMap<string, readonly Fixture[]>,
  real: readonly RealTexts[],
): readonly RealTexts[] {
  const examples = [...fixtures]
    .filter(([about]) => about !== LENGTH_HABIT)
    .flatMap(([, its]) => its.map(callOf));
  return [
    { source: "labelled examples", calls: examples },
    ...real,
    { source: "labelled examples, sixteen in one", calls: joined(examples, 16) },
  ];
}

function speedRows(sets: readonly RealTexts[], seconds: number): readonly Row[] {
  return sets.map(({ source, calls }) => {
    const length = calls.reduce((sum, call) => sum + (call.text?.output?.length ?? 0), 0);
    const perSecond = callsPerSecond(calls, seconds);
    return [
      source,
      `${Math.round(length / calls.length)}`,
      Math.round(perSecond).toLocaleString("en-US"),
      (1e6 / perSecond).toFixed(1),
    ];
  });
}

/** What each signal takes by itself, measured for a fifth of the time. */
function signalRows(sets: readonly RealTexts[], seconds: number): readonly Row[] {
  return SIGNALS.map(({ flag, raisedBy }) => [
    flag,
    ...sets.map(({ calls }) => (1e6 / callsPerSecond(calls, seconds / 5, raisedBy)).toFixed(2)),
  ]);
}

/** Longer calls: the texts of so many in a row. */
function joined(calls: readonly Call[], n: number): readonly Call[] {
  const long: Call[] = [];
  for (let i = 0; i + n <= calls.length; i += n) {
    const some = calls.slice(i, i + n);
    const all = (part: "input" | "output"): string =>
      some.map((call) => call.text?.[part] ?? "").join("\n\n");
    const [first] = some;
    if (first) long.push({ ...first, text: { input: all("input"), output: all("output") } });
  }
  return long;
}

/** A Markdown table. */
function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: Row): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

process.exitCode = await main();
