import { LIMIT_NAMES, limitNamedIn } from "@naruko/core/model/limits";
import type { Limits } from "@naruko/core/model/limits";
import type { Family } from "./exposition.ts";

/** How often the program's own limits, those outside of the engine, were reached. */
export class LimitCounts {
  readonly #counts = new Map<keyof Limits, number>();

  reached(limit: keyof Limits): void {
    this.#counts.set(limit, this.get(limit) + 1);
  }

  /** Counts the limit that a refusal's message names, if it names one. */
  namedIn(message: string): void {
    const limit = limitNamedIn(message);
    if (limit !== undefined) this.reached(limit);
  }

  get(limit: keyof Limits): number {
    return this.#counts.get(limit) ?? 0;
  }
}

/** Where the counts are kept, by the names that the stages give to what they left out. */
export type LimitSources = {
  readonly limits: LimitCounts;
  readonly rejected: ReadonlyMap<string, number>;
  readonly ignored: ReadonlyMap<string, number>;
  readonly engine: ReadonlyMap<string, number>;
};

type Where = "rejected" | "ignored" | "engine";

/** What the stages call reaching a limit; a limit that is not here is counted by `LimitCounts`. */
const COUNTED_AS: Readonly<Partial<Record<keyof Limits, readonly (readonly [Where, string])[]>>> = {
  recordsPerRequest: [["rejected", "records-limit"]],
  attributeLength: [
    ["ignored", "cut-text-length"],
    ["ignored", "cut-value-entries"],
  ],
  attributesPerRecord: [["ignored", "cut-attributes"]],
  eventsPerSpan: [["ignored", "cut-events"]],
  depth: [["ignored", "cut-value-depth"]],
  textLength: [["ignored", "text-cut"]],
  waitingTextLength: [["ignored", "waiting-text-dropped"]],
  labelLength: [
    ["ignored", "label-cut"],
    ["engine", "rejected_samples_label-too-long"],
  ],
  labelsPerPoint: [
    ["rejected", "too-many-labels"],
    ["engine", "rejected_samples_too-many-labels"],
  ],
  valuesPerLabel: [["engine", "folded-label-values"]],
  derivedSeries: [["engine", "folded-series"]],
  series: [
    ["engine", "rejected_samples_series-limit"],
    ["engine", "point-series-limit"],
  ],
  metricFamilies: [["engine", "metadata_forgotten"]],
  bucketsPerHistogram: [["rejected", "buckets-limit"]],
  exemplars: [["engine", "exemplars_forgotten"]],
  ruleSamples: [["engine", "limit_ruleSamples"]],
  alertsPerRule: [["engine", "limit_alertsPerRule"]],
  templateSteps: [["engine", "limit_templateSteps"]],
  templateLength: [["engine", "limit_templateLength"]],
  alertsPerNotification: [["engine", "limit_alertsPerNotification"]],
  rememberedSpans: [
    ["engine", "spans_forgotten_early"],
    ["ignored", "awaited-span-forgotten"],
  ],
  rememberedCallIds: [["engine", "call-ids-forgotten-early"]],
  waitingEvaluations: [
    ["engine", "evaluation-not-waited"],
    ["engine", "evaluation-repeats-forgotten-early"],
  ],
  judgedConversations: [["engine", "judge_conversations_forgotten_early"]],
  judgedSegments: [["engine", "judge_segments_folded"]],
  awaitedVerdicts: [["engine", "judge_verdicts_not_awaited"]],
  judgeTextLength: [
    ["engine", "judge_missing_queue-full"],
    ["engine", "judge_contexts_forgotten"],
  ],
  shownTextLength: [["engine", "judge_requests_cut"]],
};

/** One counter for every limit there is, so that one alert can watch all of them. */
export function limitFamily(sources: LimitSources): Family {
  return {
    name: "naruko_limit_reached_total",
    help: "What was refused, cut or left out by a limit, by the limit's name (docs/limits.md).",
    type: "counter",
    samples: LIMIT_NAMES.map((limit) => ({ labels: { limit }, value: countOf(limit, sources) })),
  };
}

function countOf(limit: keyof Limits, sources: LimitSources): number {
  let count = sources.limits.get(limit);
  for (const [where, name] of COUNTED_AS[limit] ?? []) count += sources[where].get(name) ?? 0;
  return count;
}
