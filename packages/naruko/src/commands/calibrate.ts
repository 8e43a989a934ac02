import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { Bench } from "@naruko/core/judge/bench";
import { type Confusion, NO_LABELS, withVerdict } from "@naruko/core/judge/calibration";
import { type LabelledItem, readLabelledItems } from "@naruko/core/judge/labelled-items";
import { costAtMost } from "@naruko/core/judge/price";
import type { Rubric } from "@naruko/core/judge/rubric";
import { readRubrics } from "@naruko/core/judge/rubric-file";
import { InputError } from "@naruko/core/model/input-error";
import type { Ask, JudgeCalibration, JudgePrice, JudgeSetup } from "@naruko/core/model/judge";
import { epochMs } from "@naruko/core/model/time";
import { keepCalibrations, readCalibrations } from "../ask/calibrations.ts";
import { JudgeEndpoint } from "../ask/judge-endpoint.ts";
import { type ItemsJudged, type ItemToJudge, judgeItems } from "../ask/judge-items.ts";
import { redactor } from "../config/capture.ts";
import type { LoadedConfig } from "../config/config.ts";
import { judgeEndpointOf, judgeSetupOf, rubricYaml } from "../config/judge-setup.ts";
import { DEFAULT_CONFIG_FILE, loadConfig } from "../config/load-config.ts";
import { readNamedText } from "../config/setup.ts";
import { prepareDataDir } from "../disk/data-dir.ts";
import { estimateTokens } from "../price/estimate-tokens.ts";
import { calibrationRecord, calibrationText } from "./calibration-report.ts";
import { Misuse, textOption } from "./command.ts";
import type { Values, World } from "./command.ts";
import { ProgressBar } from "./progress-bar.ts";

/** Tokens of a verdict by one rubric, with its explanation: what they mostly are. */
const VERDICT_TOKENS = 120;
/** Above it verdicts are too few to tell (DESIGN section 7). */
const MISSING_MAX = 0.05;

type Judged = {
  readonly setup: JudgeSetup;
  readonly bench: Bench;
  readonly rubrics: readonly Rubric[];
};

/** Compares the judge with labels, or shows what was found before; whether all is as it should be. */
export async function calibrate(
  file: string | undefined,
  values: Values,
  world: World,
): Promise<boolean> {
  const rate = amount(values, "rate", "a share between 0 and 1: 0.03") ?? 0.03;
  if (rate >= 1) throw new Misuse(`--rate: expected a share between 0 and 1, not "${rate}"`);
  const maxUsd = amount(values, "max-usd", "US dollars, more than 0");
  const loaded = configOf(values, world);
  const dataDir = textOption(values, "data") ?? loaded.config.data;
  const report = (rows: readonly JudgeCalibration[]): void => {
    if (values["json"] !== true) world.print(calibrationText(rows, rate));
    else for (const row of rows) world.print(`${JSON.stringify(calibrationRecord(row, rate))}\n`);
  };
  if (file === undefined) {
    const rows = await readCalibrations(dataDir);
    report(rows);
    if (rows.length === 0) world.tell(`${dataDir}: the judge was never compared with labels\n`);
    return true;
  }
  const judged = judgeOf(loaded, world);
  const items = itemsOf(file, judged.rubrics, loaded);
  const most = maxUsd ?? freeOrEstimated(items, judged, file);
  const result = await ask(items, judged, { loaded, world, maxUsd: most });
  const rows = rowsOf(items, result, { judged, world });
  const folder = await prepareDataDir(dataDir);
  if (!folder.ok) throw new InputError("config", folder.reason);
  if (result.endedEarly === undefined) await keepCalibrations(dataDir, rows);
  report(rows);
  return tellEnd(rows, result, { world, json: values["json"] === true });
}

function configOf(values: Values, { environment }: World): LoadedConfig {
  const named = textOption(values, "config");
  const loaded = loadConfig(
    named ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined),
    environment,
  );
  return loaded;
}

/** The judge as a server would have it; a key of its own, since nothing is drawn here. */
function judgeOf(loaded: LoadedConfig, { clock }: World): Judged {
  const key = randomBytes(16).toString("hex");
  const setup = judgeSetupOf(loaded, { key, at: epochMs(clock.wallMs()) });
  if (setup === undefined) {
    const remedy =
      "write judge: { endpoint: { model: … } }, or name a file that has it with --config";
    throw new InputError("config", `the configuration has no judge; ${remedy}`);
  }
  const { language } = setup;
  const { rubrics } = readRubrics(setup.rubricFiles, { parseYaml: rubricYaml, language });
  return { setup, rubrics, bench: new Bench(setup, rubrics) };
}

function itemsOf(
  file: string,
  rubrics: readonly Rubric[],
  { config }: LoadedConfig,
): readonly LabelledItem[] {
  const { items, errors } = readLabelledItems(readNamedText(file, "labels"), rubrics);
  if (errors.length > 0)
    throw new InputError("labels", errors.map(({ message }) => message).join("\n"));
  // As calls' texts are before they are judged.
  const clean = redactor(config.capture);
  return items.map((item) => {
    const texts = Object.entries(item.text).map(([part, text]) => [part, clean(text)] as const);
    return { ...item, text: Object.fromEntries(texts) };
  });
}

/** What is asked about an item: all that a call like it would be judged by, in one request. */
function toJudge({ text, bad }: LabelledItem, rubrics: readonly Rubric[]): ItemToJudge {
  const hasContext = (text.context ?? "").trim() !== "";
  const asked = rubrics.filter(
    ({ name, services, needsContext }) =>
      bad.has(name) || (services.includes("*") && (hasContext || !needsContext)),
  );
  return { text, rubrics: asked.map(({ name }) => name) };
}

/** Nobody is asked before somebody said what it may cost, unless it costs nothing. */
function freeOrEstimated(items: readonly LabelledItem[], judged: Judged, file: string): number {
  const { bench, rubrics, setup } = judged;
  let [likely, most] = [0, 0];
  for (const [i, item] of items.entries()) {
    const asked = toJudge(item, rubrics).rubrics;
    for (const look of [1, 2] as const) {
      const question = { subject: item, id: String(i), look, request: look, rubrics: asked };
      const request = bench.request(question, `estimate-${i}-${look}`);
      const price = bench.priceOf(look);
      most += costAtMost(request, price) / 1e9;
      const isLookedAt = look === 1 || [...item.bad.values()].includes(true);
      if (isLookedAt) likely += likelyUsd(request, price);
    }
  }
  if (most === 0) return Infinity;
  const cost = `${items.length} answers cost about $${likely.toFixed(2)}, at most $${most.toFixed(2)}`;
  const enough = (Math.ceil(likely * 150) / 100).toFixed(2);
  throw new Misuse(
    `${cost} with ${setup.model}; nothing was asked. Say what it may cost: ` +
      `naruko judge calibrate ${file} --max-usd ${enough}`,
  );
}

function likelyUsd(
  { system, user, model, expect }: Omit<Ask, "at">,
  { inputUsdPerMillion, outputUsdPerMillion }: JudgePrice,
): number {
  const input = estimateTokens(system, model) + estimateTokens(user, model);
  const output = VERDICT_TOKENS * expect.rubrics.length;
  return (input * inputUsdPerMillion + output * outputUsdPerMillion) / 1e6;
}

async function ask(
  items: readonly LabelledItem[],
  { setup, rubrics }: Judged,
  {
    loaded,
    world,
    maxUsd,
  }: { readonly loaded: LoadedConfig; readonly world: World; readonly maxUsd: number },
): Promise<ItemsJudged> {
  const { judge } = loaded.config;
  if (judge === undefined) throw new InputError("config", "the configuration has no judge");
  const bar = new ProgressBar(world, items.length);
  const tell = (message: string): void => {
    bar.clear();
    world.tell(`${message}\n`);
  };
  const endpoint = new JudgeEndpoint(judgeEndpointOf(judge), {
    clock: world.clock,
    tell: ({ message }) => {
      tell(message);
    },
  });
  const stopping = new AbortController();
  const off = world.onSignal((signal) => {
    if (signal === "stop") stopping.abort();
  });
  let told = 0;
  const result = await judgeItems(
    items.map((item) => toJudge(item, rubrics)),
    {
      setup,
      rubrics,
      ask: (one) => endpoint.ask(one, stopping.signal),
      clock: world.clock,
      maxUsd,
      signal: stopping.signal,
      progress: (ended, usd) => {
        bar.add(ended - told);
        told = ended;
        bar.draw(`${ended} of ${items.length} answers, $${usd.toFixed(4)}`);
      },
    },
  );
  bar.clear();
  off();
  return result;
}

/** One row a rubric and language; a text that does not say its own is in the judge's. */
function rowsOf(
  items: readonly LabelledItem[],
  { items: results }: ItemsJudged,
  { judged: { setup, bench, rubrics }, world }: { readonly judged: Judged; readonly world: World },
): readonly JudgeCalibration[] {
  const rows = new Map<string, JudgeCalibration>();
  for (const [i, { bad, language = setup.language }] of items.entries()) {
    const result = results[i];
    for (const { name, badBelow } of rubrics) {
      const isBad = bad.get(name);
      if (isBad === undefined || result === undefined) continue;
      const key = JSON.stringify([name, language]);
      const row = rows.get(key) ?? {
        judge: bench.versions.get(name) ?? "",
        rubric: name,
        language,
        at: epochMs(Math.floor(world.clock.wallMs())),
        ...NO_LABELS,
        missing: 0,
      };
      const verdict = result.verdicts.find((one) => one.name === name);
      const counts: Confusion =
        verdict === undefined
          ? row
          : withVerdict(row, { isBad, foundBad: verdict.score < badBelow });
      const missing = row.missing + (verdict === undefined ? 1 : 0);
      rows.set(key, { ...row, ...counts, missing });
    }
  }
  return [...rows.values()];
}

function tellEnd(
  rows: readonly JudgeCalibration[],
  { items, usd, endedEarly }: ItemsJudged,
  { world, json }: { readonly world: World; readonly json: boolean },
): boolean {
  const reasons = new Map<string, number>();
  for (const item of items)
    for (const { reason } of item?.missing ?? [])
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const isFine = endedEarly === undefined && rows.every(isTelling);
  if (json) {
    const ended = items.filter((item) => item !== undefined).length;
    const missing = Object.fromEntries(reasons);
    const early = endedEarly === undefined ? {} : { endedEarly };
    world.print(`${JSON.stringify({ kind: "summary", answers: ended, usd, missing, ...early })}\n`);
  } else {
    world.print(`cost $${usd.toFixed(4)}\n`);
  }
  if (reasons.size > 0) {
    const shown = Array.from(reasons, ([reason, count]) => `${count} ${reason}`).join(", ");
    world.tell(`verdicts are missing: ${shown}\n`);
  }
  if (endedEarly !== undefined) world.tell(`naruko: ended early, nothing is kept: ${endedEarly}\n`);
  return isFine;
}

function isTelling({ caught, missed, accused, cleared, missing }: JudgeCalibration): boolean {
  return missing <= MISSING_MAX * (caught + missed + accused + cleared + missing);
}

function amount(values: Values, name: string, expected: string): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const number = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (number > 0) return number;
  throw new Misuse(`--${name}: expected ${expected}, not "${text}"`);
}
