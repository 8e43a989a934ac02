// `npm run bench:sdk`: what instrumentations of OpenAI's client cost the application that they are in.
import { parseArgs } from "node:util";
import { machine } from "../bench/machine.ts";
import { type Amounts, benchOverhead } from "./overhead.ts";
import { aimText, overheadTable, variantTable } from "./overhead-table.ts";
import { clientVersion, missingFolders } from "./variants.ts";

const USAGE = `usage: npm run bench:sdk -- [--quick] [--json]

  --quick   a few calls of each, to see that it runs; its figures say nothing
  --json    one JSON object instead of the tables
`;

type Choice = Amounts & { readonly lives: number };

const WHOLE: Choice = { lives: 3, rounds: 200, calls: 15, streams: 2, warmUp: 150, delayMs: 400 };
const QUICK: Choice = { lives: 1, rounds: 2, calls: 2, streams: 1, warmUp: 1, delayMs: 20 };

function tell(text: string): void {
  process.stderr.write(text);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { quick, json, help } = values;
  if (help) {
    tell(USAGE);
    return 0;
  }
  const missing = missingFolders();
  if (missing.length > 0) {
    tell(`not installed: ${missing.join(", ")}; npm run bench:sdk does it\n`);
    return 1;
  }
  const on = machine();
  const choice = quick ? QUICK : WHOLE;
  const measured = await benchOverhead({ ...choice, tell });
  const command = `npm run bench:sdk -- ${process.argv.slice(2).join(" ")}`.replace(/[ -]+$/, "");
  if (json) {
    const lives = Object.fromEntries(measured);
    const told = { command, machine: on, client: clientVersion(), choice, lives };
    process.stdout.write(`${JSON.stringify(told)}\n`);
    return 0;
  }
  const { cores, cpu, memoryGb, platform, node, commit, load } = on;
  const { lives, rounds, calls, streams } = choice;
  process.stdout.write(
    `machine: ${cores} × ${cpu}, ${memoryGb} GB, ${platform}, Node ${node}, openai ${clientVersion()}\n` +
      `commit ${commit}, load ${load.toFixed(2)} at the start; each in ${lives} processes, with ` +
      `${rounds} pairs of turns of ${calls} calls, and as many of ${streams} streams\n\n` +
      `${overheadTable(measured)}\n${variantTable(measured)}\n${aimText(measured)}repeat: ${command}\n`,
  );
  return 0;
}

process.exitCode = await main();
