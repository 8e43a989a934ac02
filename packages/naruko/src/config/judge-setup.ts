import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ownShare } from "@naruko/core/judge/own-share";
import { promptVersion } from "@naruko/core/judge/prompt";
import { readRubrics } from "@naruko/core/judge/rubric-file";
import { InputError } from "@naruko/core/model/input-error";
import type { JudgePrice, JudgeSetup } from "@naruko/core/model/judge";
import type { EpochMs } from "@naruko/core/model/time";
import type { YamlFile } from "@naruko/core/model/yaml";
import { Secret } from "@naruko/core/notify/secret";
import type { Endpoint } from "../ask/endpoint.ts";
import { judgePrice } from "../price/judge-price.ts";
import type { LoadedConfig } from "./config.ts";
import type { JudgeConfig } from "./judge-schema.ts";
import { issueLine } from "./load-config.ts";
import { parseYaml } from "./parse-yaml.ts";
import { readNamedText, shownName } from "./setup.ts";

/** The folder of the rubrics that come with the program: beside the build, or in the checkout. */
export function shippedRubricsFolder(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const built = path.join(here, "..", "rubrics");
  return existsSync(built) ? built : path.join(here, "..", "..", "..", "..", "rubrics");
}

/** The shipped rubric files, in order of their names. */
export function shippedRubricFiles(): readonly string[] {
  const folder = shippedRubricsFolder();
  return readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .toSorted()
    .map((name) => path.join(folder, name));
}

/**
 * What steers the judge, as the engine takes it; `undefined` where the configuration has no judge.
 * It holds neither address nor key of the endpoint, and may be written to disk.
 *
 * @param key what `judgeKeyIn` keeps
 * @param at when the prices are those of the list
 * @throws InputError when a rubric cannot be read, or the price of a model is not known
 */
export function judgeSetupOf(
  loaded: LoadedConfig,
  { key, at }: { readonly key: string; readonly at: EpochMs },
): JudgeSetup | undefined {
  const { judge, limits } = loaded.config;
  if (judge === undefined) return undefined;
  const { endpoint, rubrics, budget } = judge;
  const { second_model: second } = endpoint;
  const rubricFiles = judgedBy(loaded, judge);
  const price = priceOf(loaded, "model", at);
  const rates = Object.entries(judge.services).map(([name, { rate }]) => [name, rate] as const);
  return {
    provider: endpoint.provider,
    model: endpoint.model,
    ...(second !== undefined && {
      secondModel: second,
      secondPrice: priceOf(loaded, "second_model", at),
    }),
    language: judge.language,
    rubricFiles,
    rate: judge.rate,
    serviceRates: Object.fromEntries(rates),
    rubricRates: Object.fromEntries(Object.entries(rubrics.rates).filter(([, rate]) => rate > 0)),
    ...(budget.day_usd !== undefined && { usdPerDay: budget.day_usd }),
    ...(budget.month_usd !== undefined && { usdPerMonth: budget.month_usd }),
    price,
    concurrency: judge.concurrency,
    timeoutMs: judge.timeout,
    maxOutputTokens: judge.max_output_tokens,
    ...(limits.shownTextLength !== undefined && { shownTextLength: limits.shownTextLength }),
    promptVersion: promptVersion(),
    key,
  };
}

/** Where the judge is asked, with its secrets. */
export function judgeEndpointOf({ endpoint }: JudgeConfig): Endpoint {
  const { provider, base_url: baseUrl, api_key, headers, query } = endpoint;
  return {
    provider,
    baseUrl,
    ...(api_key !== undefined && { apiKey: new Secret(api_key) }),
    headers: secrets(headers),
    query: secrets(query),
  };
}

function secrets(values: Readonly<Record<string, string>>): Readonly<Record<string, Secret>> {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([name, value]) => [name, new Secret(value)]));
}

/** The texts of the shipped rubrics, and of the configuration's own. @throws InputError */
export function rubricTexts(
  { file }: LoadedConfig,
  { rubrics }: JudgeConfig,
): JudgeSetup["rubricFiles"] {
  const folder = file === undefined ? process.cwd() : path.dirname(file);
  const own = rubrics.files.map((name) => path.resolve(folder, name));
  return [...shippedRubricFiles(), ...own].map((name) => readNamedText(name, "rubric"));
}

/** Reads the YAML of a rubric, for the core. @throws InputError where it is none */
export function rubricYaml(name: string, text: string): YamlFile {
  return parseYaml(name, text, "rubric");
}

/**
 * The texts of the rubrics that are judged by: not of those whose rate is 0. A rate of a rubric that
 * does not exist steers nothing: most likely its name is misspelt.
 */
function judgedBy(loaded: LoadedConfig, judge: JudgeConfig): JudgeSetup["rubricFiles"] {
  const { language, rubrics } = judge;
  const files = rubricTexts(loaded, judge);
  const read = readRubrics(files, { language, parseYaml: rubricYaml });
  if (read.errors.length > 0)
    throw new InputError("rubric", read.errors.map(({ message }) => message).join("\n"));
  const names = read.rubrics.map(({ name }) => name);
  for (const name of Object.keys(rubrics.rates)) {
    if (names.includes(name)) continue;
    const message = `there is no rubric of this name; rubrics are: ${names.join(", ")}`;
    throw refused(loaded, ["judge", "rubrics", name], message);
  }
  const judging = files.filter((_, i) => ownShare(rubrics.rates, names[i] ?? "") !== 0);
  if (judging.length > 0) return judging;
  throw refused(loaded, ["judge", "rubrics"], "every rubric has the rate 0: nothing is judged");
}

/** Spending that nobody can count would pass every cap, and show as nothing. */
function priceOf(loaded: LoadedConfig, which: "model" | "second_model", at: EpochMs): JudgePrice {
  const { judge, prices } = loaded.config;
  const model = judge?.endpoint[which] ?? "";
  const key = which === "model" ? "price" : "second_price";
  const own = judge?.[key];
  if (own !== undefined) {
    return { inputUsdPerMillion: own.input, outputUsdPerMillion: own.output };
  }
  const address = judge?.endpoint.base_url ?? "";
  const found = judgePrice(prices, { model, address, at });
  if (found !== undefined) return found;
  const message =
    `the price of "${model}" at ${new URL(address).host} is not known; write ` +
    `judge.${key}: { input: 0.15, output: 0.6 } in US dollars a million tokens, 0 where it costs nothing`;
  throw refused(loaded, ["judge", "endpoint", which], message);
}

function refused(
  { file, text }: LoadedConfig,
  keys: readonly string[],
  message: string,
): InputError {
  const name = file === undefined ? "naruko.yml" : shownName(file);
  const line = issueLine(parseYaml(name, text), { path: keys, message });
  return new InputError("config", line);
}
