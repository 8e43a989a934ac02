// `npm run bench`: measures what the README promises, and says what it was measured on.
import { parseArgs } from "node:util";
import { benchEvaluation } from "./evaluation.ts";
import { table, type Figure } from "./figure.ts";
import { benchIngest } from "./ingest.ts";
import { machine } from "./machine.ts";
import { benchMemory } from "./memory.ts";
import { benchReplay } from "./replay.ts";

const USAGE = `usage: npm run bench -- [--only BENCH] [--runs N] [--seconds N] [--json]

  --only BENCH   ingest, memory, evaluation or replay (default: all)
  --runs N       runs of each, of which the median is shown (default: 3)
  --seconds N    length of each phase of ingest (default: 60)
  --json         one JSON object instead of the tables
`;

type Options = { readonly runs: number; readonly seconds: number };

const BENCHES: Readonly<Record<string, (options: Options) => Promise<readonly Figure[]>>> = {
  ingest: ({ runs, seconds }) => benchIngest({ runs, seconds, tell }),
  memory: ({ runs }) => benchMemory({ runs, tell }),
  evaluation: ({ runs }) => benchEvaluation({ runs, tell }),
  replay: ({ runs }) => benchReplay({ runs, tell }),
};

function tell(text: string): void {
  process.stderr.write(text);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      runs: { type: "string", default: "3" },
      seconds: { type: "string", default: "60" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { only, json, help } = values;
  const options = { runs: Number(values.runs), seconds: Number(values.seconds) };
  const known = only === undefined || Object.hasOwn(BENCHES, only);
  if (help || !known || !(options.runs >= 1) || !(options.seconds > 0)) {
    process.stderr.write(USAGE);
    return help ? 0 : 2;
  }
  const on = machine();
  const figures: Figure[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (only === undefined || only === name) figures.push(...(await bench(options)));
  }
  const command = `npm run bench -- ${process.argv.slice(2).join(" ")}`.trimEnd();
  if (json) process.stdout.write(`${JSON.stringify({ command, machine: on, figures })}\n`);
  else {
    const { cores, cpu, memoryGb, platform, node, commit, load } = on;
    process.stdout.write(
      `repeat: ${command}\n` +
        `machine: ${cores} × ${cpu}, ${memoryGb} GB, ${platform}, Node ${node}\n` +
        `commit ${commit}, load ${load.toFixed(2)} at the start; median of ${options.runs} (least–most)\n\n` +
        `${table(figures)}\n`,
    );
  }
  return 0;
}

process.exitCode = await main();
