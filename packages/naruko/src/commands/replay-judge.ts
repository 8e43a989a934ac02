import { existsSync } from "node:fs";
import { parseRubricFile } from "@naruko/core/judge/rubric-file";
import type { Ask, JudgeAnswer, JudgeSetup } from "@naruko/core/model/judge";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Telemetry } from "@naruko/core/model/telemetry";
import { epochMs, type EpochMs, SECOND_MS } from "@naruko/core/model/time";
import { JudgeEndpoint } from "../ask/judge-endpoint.ts";
import { judgeKeyFile, judgeKeyIn } from "../ask/judge-key.ts";
import { redaction } from "../config/capture.ts";
import type { LoadedConfig } from "../config/config.ts";
import { withSomeJudge } from "../config/default-judge.ts";
import { judgeEndpointOf, judgeSetupOf } from "../config/judge-setup.ts";
import { parseYaml } from "../config/parse-yaml.ts";
import type { Clock } from "../drive/clock.ts";
import type { HistoryInput } from "../history/history.ts";
import { RecordedVerdicts } from "../history/recorded-verdicts.ts";
import { estimateTokens } from "../price/estimate-tokens.ts";
import { shownTokensMax } from "../price/prompt-tokens.ts";
import { Misuse, textOption, type Values, type World } from "./command.ts";

export type JudgeMode = "off" | "recorded" | "live";

/** Who judges in a replay, and what the engine is shown of an input. */
export type ReplayJudge = {
  readonly mode: JudgeMode;
  /** Absent: nobody. */
  readonly setup?: JudgeSetup;
  readonly ask?: (ask: Ask) => Promise<JudgeAnswer>;
  readonly shown: (telemetry: Telemetry) => Telemetry;
};

export type ReplayJudgeOptions = {
  readonly loaded: LoadedConfig;
  readonly world: World;
  /** Data directories among the inputs. */
  readonly folders: readonly string[];
  /** The inputs once more, for a pass before the replay. */
  readonly firstPass: () => AsyncIterable<HistoryInput>;
};

/** Keys the draws of every replay alike, so that it can be repeated. */
const REPLAY_KEY = "6e6172756b6f207265706c6179206b65";

/** @throws Misuse where `--judge` is none of the three */
export function judgeModeOf(values: Values): JudgeMode {
  const mode = textOption(values, "judge") ?? "off";
  if (mode === "off" || mode === "recorded" || mode === "live") return mode;
  throw new Misuse(`--judge: expected off, recorded or live, not "${mode}"`);
}

/** Makes ready who judges in a replay. @throws Misuse, InputError where that cannot be */
export async function replayJudge(
  mode: JudgeMode,
  options: ReplayJudgeOptions,
): Promise<ReplayJudge> {
  if (mode === "recorded") return recordedJudge(options);
  return mode === "live" ? liveJudge(options) : { mode, shown: withoutOwnVerdicts };
}

/** What a judge of ours said before is no evaluation that a user sent. */
function withoutOwnVerdicts(telemetry: Telemetry): Telemetry {
  const evaluations = telemetry.evaluations.filter(({ judge }) => judge === undefined);
  return { ...telemetry, evaluations };
}

async function recordedJudge(options: ReplayJudgeOptions): Promise<ReplayJudge> {
  const { world, firstPass, folders } = options;
  const loaded = withSomeJudge(options.loaded);
  const key = await keyOf(folders);
  const now = epochMs(Math.floor(world.clock.wallMs()));
  const { rubricFiles, ...planned } = judgeSetup(loaded, key, now);
  const named = rubricFiles.map((file) => ({ file, name: rubricNameOf(file) }));
  const names = named.map(({ name }) => name);
  const { recordedVerdicts: heldMax } = { ...DEFAULT_LIMITS, ...loaded.config.limits };
  const verdicts = new RecordedVerdicts({
    rubrics: names,
    tokensOf: estimateTokens,
    shownMax: shownTokensMax(planned),
    heldMax,
  });
  let from: EpochMs | undefined;
  for await (const { at, telemetry } of firstPass()) {
    from ??= at;
    verdicts.note(telemetry);
  }
  const { unusable } = verdicts.counts;
  if (unusable > 0) {
    const what = "without a score from 0 to 1, or about no call that is named";
    world.tell(`recorded verdicts of no use: ${unusable} (${what})\n`);
  }
  const shown = (telemetry: Telemetry): Telemetry => verdicts.withoutVerdicts(telemetry);
  if (verdicts.names.size === 0) {
    const known = names.join(", ");
    world.tell(`nothing is judged: the input has no usable evaluation by a rubric (${known})\n`);
    return { mode: "recorded", shown };
  }
  const { golden: _golden, ...setup } = judgeSetup(loaded, key, from ?? now);
  return {
    mode: "recorded",
    setup: {
      ...setup,
      // A rubric that nobody gave a verdict by would be missing for every call.
      rubricFiles: named.filter(({ name }) => verdicts.names.has(name)).map(({ file }) => file),
      recorded: true,
    },
    ask: (ask) => Promise.resolve(verdicts.answer(ask)),
    shown,
  };
}

async function liveJudge({ loaded, world, folders }: ReplayJudgeOptions): Promise<ReplayJudge> {
  const { config } = loaded;
  if (config.judge === undefined) {
    throw new Misuse("--judge live asks an endpoint: name it as judge: in --config FILE");
  }
  if (config.capture.mode === "off") {
    const remedy = 'write "capture: judge" in --config FILE';
    throw new Misuse(`--judge live: capture is off, so that no text may be judged; ${remedy}`);
  }
  const { golden: _golden, ...setup } = judgeSetup(
    loaded,
    await keyOf(folders),
    epochMs(Math.floor(world.clock.wallMs())),
  );
  const { telemetry: redact, answer: redactAnswer } = redaction(config);
  const endpoint = new JudgeEndpoint(judgeEndpointOf(config.judge), {
    clock: world.clock,
    tell: ({ message }) => {
      world.tell(`${message}\n`);
    },
  });
  return {
    mode: "live",
    setup,
    ask: async (ask) => redactAnswer(await askPatiently(ask, endpoint, world.clock)),
    shown: (telemetry) => redact(withoutOwnVerdicts(telemetry)),
  };
}

/** Time in a replay goes as fast as it can be read: an endpoint that is full is waited for here. */
const PATIENCE = 6;
const LONGEST_PAUSE_MS = 60 * SECOND_MS;

async function askPatiently(ask: Ask, endpoint: JudgeEndpoint, clock: Clock): Promise<JudgeAnswer> {
  for (let attempt = 1; ; attempt++) {
    const { pauseMs, ...answer } = await endpoint.ask(ask);
    const isFull =
      !answer.ok && (answer.reason === "rate-limited" || answer.reason === "server-error");
    if (!isFull) {
      if (pauseMs !== undefined) await pause(Math.min(pauseMs, LONGEST_PAUSE_MS), clock);
      return answer;
    }
    if (attempt === PATIENCE) return { ...answer, retry: false };
    await pause(Math.min(pauseMs ?? SECOND_MS * 2 ** attempt, LONGEST_PAUSE_MS), clock);
  }
}

function pause(ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

function judgeSetup(loaded: LoadedConfig, key: string, at: EpochMs): JudgeSetup {
  const setup = judgeSetupOf(loaded, { key, at });
  if (setup === undefined) throw new Misuse("the configuration has no judge");
  return setup;
}

/** A directory that is replayed alone was judged by a key of its own: its draws are made again. */
async function keyOf(folders: readonly string[]): Promise<string> {
  const [folder, ...others] = folders;
  const hasKey = folder !== undefined && others.length === 0 && existsSync(judgeKeyFile(folder));
  return hasKey ? judgeKeyIn(folder) : REPLAY_KEY;
}

function rubricNameOf(file: JudgeSetup["rubricFiles"][number]): string {
  const reading = {
    language: "en",
    parseYaml: (name: string, text: string) => parseYaml(name, text, "rubric"),
  } as const;
  return parseRubricFile(file, reading).rubric?.name ?? "";
}
