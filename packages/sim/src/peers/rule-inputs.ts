import { Random } from "../random.ts";
import { judgeSeries } from "./judge-series.ts";
import { ScrapedProcess, STEP_S } from "./scraped-series.ts";
import type { ScrapedSeries } from "./scraped-series.ts";

/** What an application goes through for a while. */
type Phase = "calm" | "slow" | "failing" | "limited" | "bad" | "idle" | "gone";

const PHASES: readonly [Phase, ...Phase[]] = [
  ...(["calm", "calm", "calm", "slow", "failing", "limited", "bad", "idle", "gone"] as const),
];

/** Counts what one scrape interval of a segment brings. */
type Work = (process: ScrapedProcess, phase: Phase, random: Random) => void;

/** Series for one rule file: seeded, long enough for its windows, through all its alerts' states. */
export type RuleInputs = {
  readonly file: string;
  readonly steps: number;
  readonly series: (seed: number) => readonly ScrapedSeries[];
};

const MINUTE_STEPS: number = 60 / STEP_S;
const HOUR_STEPS = 60 * MINUTE_STEPS;

export const RULE_INPUTS: readonly RuleInputs[] = [
  {
    file: "article.yml",
    steps: 27 * HOUR_STEPS,
    series: (seed) => [
      ...segments(seed, ["fast", "steady"], 4 * HOUR_STEPS, articleWork),
      ...doubling(seed, "doubling"),
    ],
  },
  {
    file: "l1-infrastructure.yml",
    steps: 6 * HOUR_STEPS,
    series: (seed) => segments(seed, ["chat", "search", "batch"], 6 * HOUR_STEPS, providerWork),
  },
  {
    file: "l3-quality.yml",
    steps: 6 * HOUR_STEPS,
    series: (seed) => [
      ...segments(seed, ["chat", "search", "batch"], 6 * HOUR_STEPS, verdictWork),
      ...segments(seed, ["help", "form", "rare"], 6 * HOUR_STEPS, flagWork),
    ],
  },
  {
    file: "l0-honesty.yml",
    steps: 17 * HOUR_STEPS,
    series: (seed) => judgeSeries(seed, 17 * HOUR_STEPS),
  },
];

/** One process a name, each through phases of its own of 1 to 20 minutes, now and then restarted. */
function segments(
  seed: number,
  names: readonly string[],
  steps: number,
  workOf: (name: string) => Work,
): readonly ScrapedSeries[] {
  return names.flatMap((name) => {
    const random = new Random(seed, name);
    const process = new ScrapedProcess(random);
    const work = workOf(name);
    let phase: Phase = "calm";
    let until = 60 * MINUTE_STEPS;
    let isMarked = false;
    for (let step = 0; step < steps; step++) {
      if (step >= until) {
        phase = phase === "calm" ? random.pick(PHASES) : "calm";
        until = step + lengthOf(phase, random);
        isMarked = random.chance(0.5);
        if (random.chance(0.2)) process.restart();
      }
      if (phase === "gone") {
        process.miss(step, isMarked);
      } else {
        work(process, phase, random);
        process.scrape(step);
      }
    }
    return process.series;
  });
}

function lengthOf(phase: Phase, random: Random): number {
  // About as long as a rule waits before it calls traffic lost, so that some of it comes back in time.
  if (phase === "idle" && random.chance(0.5)) return 11 * MINUTE_STEPS + random.int(MINUTE_STEPS);
  return MINUTE_STEPS + random.int(19 * MINUTE_STEPS);
}

const BUCKETS: readonly number[] = [0.5, 1, 2, 5, 10, 30, Infinity];

function articleWork(model: string): Work {
  return (process, phase, random) => {
    if (phase === "idle") return;
    const of = { model, service_name: `${model} app` };
    const calls = random.int(7);
    for (let i = 0; i < calls; i++) {
      const isError = random.chance(phase === "failing" ? 0.3 : 0.005);
      const isSlow = phase === "slow" || random.chance(isError ? 0.3 : 0.03);
      const durationS = isSlow ? random.between(2, 15) : random.between(0.3, 4);
      const weight = weightOf(random);
      const status = isError ? "error" : "success";
      countDuration(process, { ...of, status }, durationS, weight);
      const type = random.pick(["timeout", "429", "server_error"]);
      if (isError) process.count("llm_errors_total", { ...of, error_type: type }, weight);
      else countTokens(process, of, random);
    }
  };
}

function countDuration(
  process: ScrapedProcess,
  of: Readonly<Record<string, string>>,
  durationS: number,
  weight: number,
): void {
  const name = "llm_operation_duration_seconds";
  for (const bound of BUCKETS) {
    const le = bound === Infinity ? "+Inf" : String(bound);
    process.count(`${name}_bucket`, { ...of, le }, durationS <= bound ? weight : 0);
  }
  process.count(`${name}_count`, of, weight);
  process.count(`${name}_sum`, of, durationS * weight);
}

/**
 * What one call stands for, as if it had been sampled. Whole calls would now and then put a ratio
 * exactly on a rule's limit, where the last bit decides: Prometheus 2.42 adds up without the
 * compensation that later ones and ours have.
 */
function weightOf(random: Random): number {
  return random.between(1, 1.5);
}

function countTokens(
  process: ScrapedProcess,
  of: Readonly<Record<string, string>>,
  random: Random,
): void {
  const name = "llm_token_usage_total";
  process.count(name, { ...of, token_type: "input" }, 50 + random.int(2000));
  process.count(name, { ...of, token_type: "output" }, 1 + random.int(500));
}

/** When the second model uses nearly four times its tokens, in hours from the start. */
const RISES: readonly (readonly [number, number])[] = [
  // Long enough to fire on the second day.
  [24.6, 25.2],
  // Over twice for minutes only, until the hour that it is compared with has risen, too.
  [26.2, 26.62],
  [2.6, 3.1],
];

function doubling(seed: number, model: string): readonly ScrapedSeries[] {
  const random = new Random(seed, model);
  const process = new ScrapedProcess(random);
  const of = { model, service_name: "shop" };
  for (let step = 0; step < 27 * HOUR_STEPS; step++) {
    const hours = step / HOUR_STEPS;
    const hasRisen = RISES.some(([from, to]) => hours > from && hours < to);
    for (let i = 0; i < (hasRisen ? 11 : 3); i++) countTokens(process, of, random);
    process.scrape(step);
  }
  return process.series;
}

const PROVIDERS: readonly [string, ...string[]] = ["openai", "anthropic"];

function providerWork(service: string): Work {
  return (process, phase, random) => {
    // Now and then nothing for long, so that its traffic counts as lost.
    if (phase === "idle" || (phase === "slow" && service === "batch")) return;
    for (const provider of PROVIDERS) {
      const calls = random.int(service === "batch" ? 2 : 6);
      for (let i = 0; i < calls; i++) {
        const of = {
          service_name: service,
          gen_ai_provider_name: provider,
          gen_ai_operation_name: "chat",
        };
        const type = failureOf(phase, random);
        const name = "gen_ai_client_operation_duration_seconds_count";
        const all = type === undefined ? of : { ...of, error_type: type };
        process.count(name, all, weightOf(random));
      }
    }
  };
}

function failureOf(phase: Phase, random: Random): string | undefined {
  if (phase === "failing" && random.chance(0.7)) {
    return random.pick(["500", "503", "APIConnectionError", "Timeout", "overloaded_error"]);
  }
  if (phase === "limited" && random.chance(0.25)) {
    return random.pick(["429", "RateLimitError", "insufficient_quota"]);
  }
  return random.chance(0.02) ? random.pick(["400", "500", "429"]) : undefined;
}

/** Each kind of score with what it is when all is well, and when it is not. */
const SCORES: readonly (readonly [string, number, number])[] = [
  ["faithfulness", 0.9, 0.6],
  ["relevance", 0.85, 0.5],
  ["safety", 0.99, 0.8],
];

/** Verdicts that a shown mean is of: about a quarter of an hour's. */
const MEAN_VERDICTS = 50;

function verdictWork(service: string): Work {
  const latest = new Map<string, number[]>();
  return (process, phase, random) => {
    if (phase === "idle") return;
    for (const [name, usual, fallen] of SCORES) {
      // Of the third service there are sometimes enough verdicts for a rule, and sometimes not.
      if (!random.chance(service === "batch" ? 0.35 : 0.8)) continue;
      const isBad = phase === "bad" || (phase === "slow" && name === "safety");
      const mean = isBad ? fallen : usual;
      const of = {
        service_name: service,
        gen_ai_request_model: "gpt-5",
        gen_ai_evaluation_name: name,
      };
      const score = Math.min(1, mean + random.between(-0.15, 0.1));
      process.count("naruko_evaluation_score_count", of, weightOf(random));
      const scores = [...(latest.get(name) ?? []), score].slice(-MEAN_VERDICTS);
      latest.set(name, scores);
      const shown = scores.reduce((sum, one) => sum + one, 0) / scores.length;
      const shownOf = { service_name: service, model: "gpt-5", metric: name };
      process.measure("llm_quality_score", shownOf, shown);
    }
  };
}

/** Each flag with its share of answers when all is well, and when it is not. */
const FLAGS: readonly (readonly [string, number, number])[] = [
  ["refusal", 0.03, 0.5],
  ["cut-off", 0.03, 0.4],
  ["invalid-json", 0.01, 0.2],
  ["unknown-tool", 0.005, 0.2],
  ["repetition", 0.005, 0.2],
  ["wrong-language", 0.01, 0.3],
];

function flagWork(service: string): Work {
  return (process, phase, random) => {
    if (phase === "idle") return;
    const of = { service_name: service, gen_ai_request_model: "gpt-5" };
    // Of the third service there are sometimes enough answers for a rule, and sometimes not.
    const calls = random.int(service === "rare" ? 2 : 4);
    for (let i = 0; i < calls; i++) {
      const weight = weightOf(random);
      const chat = { ...of, gen_ai_operation_name: "chat" };
      process.count("gen_ai_client_operation_duration_seconds_count", chat, weight);
      for (const [flag, usual, risen] of FLAGS) {
        const share = phase === "bad" || phase === "slow" ? risen : usual;
        if (random.chance(share))
          process.count("naruko_quality_flag_total", { ...of, flag }, weight);
      }
    }
  };
}
