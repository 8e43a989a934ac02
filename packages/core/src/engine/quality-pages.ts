import type { Transition } from "../model/engine-io.ts";
import { labelEntries, labelsFrom, labelValue, sortedLabels } from "../model/labels.ts";
import type { EpochMs } from "../model/time.ts";
import { epochMs } from "../model/time.ts";
import type { GoldenStanding } from "../judge/golden.ts";
import { goldenNote } from "../judge/golden-note.ts";
import { alertsReading } from "../rules/alerts-reading.ts";
import type { RuleGroup } from "../rules/rule.ts";

/** The judge's golden set, as far as a page about quality needs it. */
export type GoldenCheck = {
  /** Has some of it judged at once; nothing where that was done within the last hour. */
  readonly requestGolden: (at: EpochMs) => void;
  readonly requestedGolden: (at: EpochMs) => GoldenStanding;
};

/** Series that rest on verdicts; what was recorded from them does, too. */
const VERDICT_METRICS = [
  "llm_quality_score",
  ...["", "_bucket", "_sum", "_count"].map((part) => `naruko_evaluation_score${part}`),
  ...["", "_lower", "_upper"].flatMap((end) => [
    `naruko_quality_score${end}`,
    `naruko_quality_bad_share${end}`,
    `naruko_quality_bad_share_corrected${end}`,
  ]),
];

/** Severities that wake somebody up (DESIGN section 3, `--paging`). */
const PAGING: ReadonlySet<string> = new Set(["page", "critical"]);

/** The annotation in which a page says what the golden set showed. */
export const GOLDEN_ANNOTATION = "judge_check";

/** A transition that waits, in a form that survives JSON. */
type SavedTransition = Omit<Transition, "labels" | "annotations" | "value"> & {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
  /** As text, since it may be NaN or infinite. */
  readonly value: string;
};

export type SavedQualityPages = { readonly held: readonly SavedTransition[] };

/**
 * Pages that rest on the judge's verdicts, on their way from the rules to people: the judge is tried
 * first, and the page says what came of it. It is asked as soon as such an alert is pending, so that
 * mostly nothing waits; what fires earlier waits for the answers, two minutes at most (DESIGN section 7).
 */
export class QualityPages {
  readonly #golden: GoldenCheck;
  #rules: ReadonlySet<string> = new Set();
  /** Firing, in the order in which they began to. */
  #held: Transition[] = [];

  constructor(golden: GoldenCheck, groups: readonly RuleGroup[], saved?: SavedQualityPages) {
    this.#golden = golden;
    this.reload(groups);
    this.#held = (saved?.held ?? []).map(loadTransition);
  }

  reload(groups: readonly RuleGroup[]): void {
    const reading = alertsReading(groups, VERDICT_METRICS);
    const named = groups.flatMap(({ file, name, rules }) =>
      rules
        .filter((rule) => rule.kind === "alert" && reading.has(rule))
        .map((rule) => ruleKey(file, name, rule.name)),
    );
    this.#rules = new Set(named);
  }

  /** Takes what the rules decided at a time, and gives what people may be told by then, in order. */
  pass(transitions: readonly Transition[], at: EpochMs): readonly Transition[] {
    const passed: Transition[] = [];
    for (const transition of transitions) {
      const { state } = transition;
      const isBegun = state === "pending" || state === "firing";
      const isPage = isBegun && this.#isPage(transition);
      if (isPage) this.#golden.requestGolden(at);
      if (isPage && state === "firing") {
        this.#held.push(transition);
        continue;
      }
      // What ends while it waits is told to nobody, and neither is its end.
      if (state !== "resolved" || !this.#letGo(transition)) passed.push(transition);
    }
    if (this.#held.length === 0) return passed;
    const standing = this.#golden.requestedGolden(at);
    if (standing.kind === "under-way") return passed;
    passed.push(...this.#held.map((page) => withNote(page, standing)));
    this.#held = [];
    return passed;
  }

  save(): SavedQualityPages {
    return { held: this.#held.map(saveTransition) };
  }

  #isPage({ labels, group, file }: Transition): boolean {
    if (!PAGING.has(labelValue(labels, "severity"))) return false;
    return this.#rules.has(ruleKey(file, group, labelValue(labels, "alertname")));
  }

  /** Whether it waited. */
  #letGo({ file, group, labels }: Transition): boolean {
    const place = this.#held.findIndex(
      (page) => page.file === file && page.group === group && page.labels.key === labels.key,
    );
    if (place >= 0) this.#held.splice(place, 1);
    return place >= 0;
  }
}

function withNote(page: Transition, standing: GoldenStanding): Transition {
  if (standing.kind !== "ended" || labelValue(page.annotations, GOLDEN_ANNOTATION) !== "")
    return page;
  const values = new Set([...labelEntries(page.labels)].map(([, value]) => value));
  const note = [GOLDEN_ANNOTATION, goldenNote(standing, values)] as const;
  return { ...page, annotations: labelsFrom([...labelEntries(page.annotations), note]) };
}

function ruleKey(file: string, group: string, alert: string): string {
  return JSON.stringify([file, group, alert]);
}

function saveTransition({ labels, annotations, value, ...rest }: Transition): SavedTransition {
  return {
    ...rest,
    labels: labels.pairs,
    annotations: annotations.pairs,
    value: String(value),
  };
}

function loadTransition({ labels, annotations, value, ...rest }: SavedTransition): Transition {
  return {
    ...rest,
    at: epochMs(rest.at),
    startsAt: epochMs(rest.startsAt),
    labels: sortedLabels(labels),
    annotations: sortedLabels(annotations),
    value: Number(value),
  };
}
