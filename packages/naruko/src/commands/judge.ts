import { EXIT, Misuse } from "./command.ts";
import type { Command, Values, World } from "./command.ts";
import { TLS_OPTIONS } from "./ask-server.ts";
import { calibrate } from "./calibrate.ts";
import { estimate } from "./judge-estimate.ts";

/** `naruko judge`: about the judge itself. */
export const judgeCommand: Command = {
  usage: "judge --estimate | judge calibrate FILE | judge calibrate --show [options]",
  summary: "what a judge costs with the traffic seen, and how far it can be trusted",
  options: {
    estimate: { type: "boolean", help: "what judging the traffic seen costs; asks no judge" },
    "month-usd": {
      type: "string",
      value: "USD",
      help: "with --estimate: what a budget of this much a month buys, too",
    },
    url: {
      type: "string",
      value: "URL",
      help: "with --estimate: server to ask (default: http://127.0.0.1:4320)",
    },
    config: {
      type: "string",
      value: "FILE",
      help: "configuration with the judge (default: naruko.yml)",
    },
    data: {
      type: "string",
      value: "DIR",
      help: "data directory (default: the configuration's; of --estimate: none, a server is asked)",
    },
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
    ...TLS_OPTIONS,
    json: { type: "boolean", help: "print one JSON object a line" },
  },
  details: `--estimate takes the calls and tokens of the last day from a running server, or from a data directory,
and the judge that is configured there; where there is none, the default settings: 5 % of all calls by
gpt-4o-mini. Exits 1 where no call was seen.

calibrate: FILE has JSON lines {"input", "output", "context", "system", "language", "labels"}; output and labels
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
  if (values["estimate"] === true) {
    if (what !== undefined) throw new Misuse(`judge --estimate takes no "${what}"`);
    refuseOptions(values, "--estimate", ["config", "max-usd", "rate", "show"]);
    return estimate(values, world);
  }
  if (what !== "calibrate") {
    const instead = what === undefined ? "" : `, not "${what}"`;
    throw new Misuse(`expected judge --estimate or judge calibrate${instead}`);
  }
  refuseOptions(values, "calibrate", ["month-usd", "url", ...Object.keys(TLS_OPTIONS)]);
  const [file, ...others] = rest;
  if (others.length > 0) throw new Misuse(`one FILE is calibrated at a time, not ${rest.length}`);
  if ((file === undefined) !== (values["show"] === true)) {
    throw new Misuse("judge calibrate takes a FILE with labels, or --show");
  }
  const isFine = await calibrate(file, values, world);
  return isFine ? EXIT.ok : EXIT.finding;
}

/** An option that has no effect would look as if it had one. */
function refuseOptions(values: Values, what: string, names: readonly string[]): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given !== undefined) throw new Misuse(`--${given} does not go with ${what}`);
}
