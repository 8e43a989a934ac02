import type { Usage } from "@naruko/core/model/call";
import type { Told, ToldCall } from "./told.ts";
import type { End, WireTruth } from "./wire-truth.ts";

/** What an instrumentation tells at all: what it never has is no difference of each case. */
export type Abilities = { readonly durations: boolean; readonly tokens: boolean };

/**
 * Where a case was told other than it went over the wire, each in a few words; nothing where it was
 * not.
 */
export function differencesOf(
  truth: WireTruth,
  told: Told,
  abilities: Abilities,
): readonly string[] {
  const { calls, openSpans, unhandled } = told;
  const rejection = unhandled > 0 ? ["a rejection in the application that nobody handles"] : [];
  if (calls.length === 0) {
    return [openSpans > 0 ? "nothing: the span never ends" : "nothing", ...rejection];
  }
  const missing = missingFacts(truth, told, abilities);
  return [
    ...(calls.length === truth.calls ? [] : [`${calls.length} calls, not ${truth.calls}`]),
    ...(calls.some((one) => endsEarly(one, truth)) ? ["its span ends before the answer"] : []),
    ...(missing.length > 0 ? [`no ${listed(missing)}`] : []),
    ...unlike("provider", truth.provider, told, ({ call }) => call.provider),
    ...unlike("operation", truth.operation, told, ({ call }) => call.operation),
    ...unlike("requested model", truth.requestModel, told, ({ call }) => call.requestModel),
    ...unlike("answering model", truth.responseModel, told, ({ call }) => call.responseModel),
    ...streamDifference(truth, told),
    ...usageDifferences(truth, told),
    ...finishDifference(truth, told),
    ...endDifference(truth, told),
    ...rejection,
  ];
}

/** By half of the stream: what a client does after the last words of one is its own matter. */
function endsEarly({ call }: ToldCall, { sent }: WireTruth): boolean {
  return sent !== undefined && call.endAt < (sent.fromMs + sent.toMs) / 2;
}

/** What the wire told, and the calls do not, by the names of differences. */
function missingFacts(truth: WireTruth, told: Told, abilities: Abilities): readonly string[] {
  const some = (of: (one: ToldCall) => unknown): boolean =>
    told.calls.some((one) => Boolean(of(one)));
  const usage = usageOf(told);
  const { usage: billed = {} } = truth;
  const isWhole = truth.end === "whole";
  const lacks: readonly (readonly [string, boolean])[] = [
    ["provider", !some(({ call }) => call.provider)],
    ["requested model", !some(({ call }) => call.requestModel)],
    [
      "answering model",
      truth.responseModel !== undefined && !some(({ call }) => call.responseModel),
    ],
    ["usage (not asked for)", !truth.usageWasAsked && lacksTotals(billed, usage)],
    ["usage", truth.usageWasAsked && lacksTotals(billed, usage)],
    ["cached tokens", isCounted(billed.cacheReadTokens) && usage.cacheReadTokens === undefined],
    [
      "tokens written to the cache",
      isCounted(billed.cacheWriteTokens) && usage.cacheWriteTokens === undefined,
    ],
    ["reasoning tokens", isCounted(billed.reasoningTokens) && usage.reasoningTokens === undefined],
    [
      "finish reason",
      isWhole && truth.finish.length > 0 && !some(({ call }) => call.finishReasons.length > 0),
    ],
    ["error", FAILURES.includes(truth.end) && !some(({ call }) => call.errorType)],
    ["first chunk", truth.hasFirstChunk && !some(({ call }) => call.timeToFirstChunkS)],
    ["duration metric", abilities.durations && told.durations < told.calls.length],
    [
      "token metric",
      abilities.tokens && isWhole && !lacksTotals(billed, usage) && !told.tokens.has("input"),
    ],
  ];
  return lacks.filter(([, isMissing]) => isMissing).map(([name]) => name);
}

const FAILURES: readonly End[] = ["refused", "timeout", "cut"];

function isCounted(tokens: number | undefined): boolean {
  return tokens !== undefined && tokens > 0;
}

function lacksTotals(billed: Usage, { inputTokens, outputTokens }: Usage): boolean {
  return (
    billed.inputTokens !== undefined && inputTokens === undefined && outputTokens === undefined
  );
}

/** The sum over a case's calls; a count that none tells is absent. */
function usageOf({ calls }: Told): Usage {
  const sum: { -readonly [K in keyof Usage]: Usage[K] } = {};
  for (const { call } of calls) {
    for (const [key, tokens] of Object.entries(call.usage) as [keyof Usage, number][]) {
      sum[key] = (sum[key] ?? 0) + tokens;
    }
  }
  return sum;
}

function unlike(
  name: string,
  truth: string | undefined,
  { calls }: Told,
  of: (one: ToldCall) => string | undefined,
): readonly string[] {
  if (truth === undefined) return [];
  const others = new Set(calls.flatMap((one) => of(one) ?? []).filter((value) => value !== truth));
  return others.size === 0 ? [] : [`${name} \`${[...others].join("` and `")}\``];
}

function streamDifference({ stream }: WireTruth, { calls }: Told): readonly string[] {
  if (calls.every(({ call }) => call.stream === stream)) return [];
  return [stream ? "not told as a stream" : "told as a stream"];
}

const COUNTS: readonly (readonly [keyof Usage, string])[] = [
  ["inputTokens", "input tokens"],
  ["outputTokens", "output tokens"],
  ["cacheReadTokens", "cached tokens"],
  ["cacheWriteTokens", "tokens written to the cache"],
  ["reasoningTokens", "reasoning tokens"],
];

/** Counts that are told, and are not what the wire said. What a stream told on its way may be told. */
function usageDifferences(truth: WireTruth, told: Told): readonly string[] {
  const usage = usageOf(told);
  const { usage: billed } = truth;
  return COUNTS.flatMap(([key, name]) => {
    const tokens = usage[key];
    if (tokens === undefined) return [];
    if (billed !== undefined && truth.usageWasAsked) {
      const wire = billed[key] ?? 0;
      return tokens === wire ? [] : [`${tokens} ${name}, not ${wire}`];
    }
    const known = truth.usageWasAsked ? truth.usageOnTheWay : [];
    const wasTold = known.some((one) => (one[key] ?? 0) === tokens);
    return wasTold ? [] : [`${tokens} ${name} that nobody told`];
  });
}

/** What is said for a reason that did not come, because the call stopped before it. */
const STOPPED = ["error", "cancelled"];

/** Reasons that the wire did not give. */
function finishDifference({ finish, end }: WireTruth, { calls }: Told): readonly string[] {
  const known = end === "whole" ? finish : [...finish, ...STOPPED];
  const others = calls
    .flatMap(({ call }) => call.finishReasons)
    .filter((one) => !known.includes(one));
  return others.length === 0 ? [] : [`finish reason \`${[...new Set(others)].join("` and `")}\``];
}

/** Words by which a span says how its call ended, whatever it says it with. */
const WORDS: Readonly<Record<Exclude<End, "whole" | "refused">, RegExp>> = {
  timeout: /time.?out|timed.?out/i,
  aborted: /abort|cancel/i,
  left: /abort|cancel|close|left|abandon|incomplete/i,
  cut: /cut|reset|terminat|premature|incomplete|truncat|connection|hang up/i,
};

function endDifference(truth: WireTruth, told: Told): readonly string[] {
  const { end, errors } = truth;
  const types = [...new Set(told.calls.flatMap(({ call }) => call.errorType ?? []))];
  const type = types.length === 0 ? [] : [`error type \`${types.join("` and `")}\``];
  if (end === "whole") return type;
  if (end === "refused") return types.every((one) => errors.includes(one)) ? [] : type;
  if (end === "timeout" || end === "cut") {
    return types.every((one) => WORDS[end].test(one)) ? [] : type;
  }
  const isToldWhole = told.calls.every(({ call }) =>
    call.finishReasons.some((one) => truth.finish.includes(one)),
  );
  // Who reads a stream by itself may have read it to its end when the application left it.
  if (end === "left" && isToldWhole) return type;
  if (told.calls.every(({ ending }) => WORDS[end].test(ending))) return [];
  return [
    end === "left" ? "not told that it was left" : "not told that it was called off",
    ...type,
  ];
}

/** `a`, `a or b`, `a, b or c`. */
function listed(names: readonly string[]): string {
  const [last = "", ...before] = names.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(", ")} or ${last}`;
}
