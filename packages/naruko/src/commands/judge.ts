import { EXIT, Misuse } from "./command.ts";
import type { Command, Values, World } from "./command.ts";
import { calibrate } from "./calibrate.ts";

/** `naruko judge`: about the judge itself. */
export const judgeCommand: Command = {
  usage: "judge calibrate FILE | judge calibrate --show [options]",
  summary: "how far the judge can be trusted: compare it with people's labels",
  options: {
    config: {
      type: "string",
      value: "FILE",
      help: "configuration with the judge (default: naruko.yml)",
    },
    data: { type: "string", value: "DIR", help: "data directory (default: the configuration's)" },
    "max-usd": {
      type: "string",
      value: "USD",
      help: "what it may cost at most; without it the cost is estimated, and nothing is asked",
    },
    rate: {
      type: "string",
      value: "SHARE",
      help: "share of bad calls that labels are counted for (default: 0.03)",
    },
    show: { type: "boolean", help: "what was found before; asks nobody" },
    json: { type: "boolean", help: "print one JSON object a line" },
  },
  details: `FILE has JSON lines {"input", "output", "context", "system", "language", "labels"}; output and labels
must be there. A label is "good", "bad", true (good), false (bad) or a score on the rubric's own scale:
{"input": "Are you open on Sunday?", "output": "Yes, all day.", "labels": {"faithfulness": "bad"}}

The judge is asked as about calls: same prompts, second look, retries and concurrency. What it costs is
apart from judge.budget. Results are kept in the data directory, by version of the judge; a running
server takes them at its next reload. Exits 1 where more than 5 % of the verdicts are missing.`,
  run: judge,
};

async function judge(
  values: Values,
  positionals: readonly string[],
  world: World,
): Promise<number> {
  const [what, ...rest] = positionals;
  if (what !== "calibrate") {
    throw new Misuse(`expected judge calibrate${what === undefined ? "" : `, not "${what}"`}`);
  }
  const [file, ...others] = rest;
  if (others.length > 0) throw new Misuse(`one FILE is calibrated at a time, not ${rest.length}`);
  if ((file === undefined) !== (values["show"] === true)) {
    throw new Misuse("judge calibrate takes a FILE with labels, or --show");
  }
  const isFine = await calibrate(file, values, world);
  return isFine ? EXIT.ok : EXIT.finding;
}
