import type { JudgeCalibration } from "../model/judge.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import { agreementOf, type Confusion } from "./calibration.ts";
import type { GoldenView } from "./golden.ts";
import type { SeriesRow } from "./judge-series.ts";
import { countedFlags, LENGTHS, outcomeCount, OUTCOMES } from "./outcome-counts.ts";

function metadata(type: "gauge" | "counter", name: string, help: string): MetricMetadata {
  return { name, type, help, unit: name.includes("_usd") ? "usd" : "" };
}

/** Series from which it is seen whether the judge can be trusted. */
export const TRUST_METADATA: readonly MetricMetadata[] = [
  metadata("gauge", "naruko_judge_drift", "Share of golden items that flipped, by direction."),
  metadata("gauge", "naruko_judge_drift_p_value", "Chance of such flips of an unchanged judge."),
  metadata("gauge", "naruko_judge_golden_agreement", "Share of golden items judged as labelled."),
  metadata("gauge", "naruko_judge_golden_items", "Golden items with a label, and those judged."),
  metadata("counter", "naruko_judge_golden_spent_usd_total", "What golden verdicts have cost."),
  metadata("gauge", "naruko_judge_sensitivity", "Share of bad answers found, by people's labels."),
  metadata(
    "gauge",
    "naruko_judge_specificity",
    "Share of good answers passed, by people's labels.",
  ),
  metadata("gauge", "naruko_judge_labels", "People's labels that the judge was compared with."),
  metadata("counter", "naruko_judge_outcomes_by_length_total", "Verdicts, and missing ones."),
  metadata("counter", "naruko_judge_outcomes_by_flag_total", "Verdicts, and missing ones."),
];

/** How the golden set stands. @param spentNano billionths of a US dollar since the beginning */
export function* goldenRows(views: readonly GoldenView[], spentNano: number): Generator<SeriesRow> {
  for (const { rubric, items, judged, agreement, flips } of views) {
    yield ["naruko_judge_golden_items", { rubric, state: "labelled" }, items];
    yield ["naruko_judge_golden_items", { rubric, state: "judged" }, judged];
    if (agreement !== undefined) yield ["naruko_judge_golden_agreement", { rubric }, agreement];
    const { compared, toBad, toGood, pValue } = flips;
    // Without anything to compare there is no drift of 0.
    if (compared === 0) continue;
    yield ["naruko_judge_drift", { rubric, direction: "bad" }, toBad / compared];
    yield ["naruko_judge_drift", { rubric, direction: "good" }, toGood / compared];
    yield ["naruko_judge_drift_p_value", { rubric }, pValue];
  }
  if (views.length > 0) yield ["naruko_judge_golden_spent_usd_total", {}, spentNano / 1e9];
}

/** What is known of the running judge's errors. @param versions of the judge, by rubric */
export function* calibrationRows(
  calibrations: readonly JudgeCalibration[],
  versions: ReadonlyMap<string, string>,
): Generator<SeriesRow> {
  for (const { judge, rubric, language, ...counts } of calibrations) {
    if (versions.get(rubric) !== judge) continue;
    const own = { rubric, language };
    const { sensitivity, specificity } = agreementOf(counts);
    const { caught, missed, accused, cleared } = counts;
    if (sensitivity) yield ["naruko_judge_sensitivity", own, sensitivity.value];
    if (specificity) yield ["naruko_judge_specificity", own, specificity.value];
    yield ["naruko_judge_labels", { ...own, label: "bad" }, caught + missed];
    yield ["naruko_judge_labels", { ...own, label: "good" }, accused + cleared];
  }
}

/** Verdicts of the running judge beside people's labels, of all languages together, by rubric. */
export function confusionsOf(
  calibrations: readonly JudgeCalibration[],
  versions: ReadonlyMap<string, string>,
): ReadonlyMap<string, Confusion> {
  const found = new Map<string, Confusion>();
  for (const { judge, rubric, caught, missed, accused, cleared } of calibrations) {
    if (versions.get(rubric) !== judge) continue;
    const before = found.get(rubric) ?? { caught: 0, missed: 0, accused: 0, cleared: 0 };
    found.set(rubric, {
      caught: before.caught + caught,
      missed: before.missed + missed,
      accused: before.accused + accused,
      cleared: before.cleared + cleared,
    });
  }
  return found;
}

/** Missing verdicts beside those that are there, by length and by flag. */
export function* outcomeRows(counts: ReadonlyMap<string, number>): Generator<SeriesRow> {
  for (const outcome of OUTCOMES) {
    for (const length of LENGTHS) {
      const count = counts.get(outcomeCount("length", length, outcome)) ?? 0;
      yield ["naruko_judge_outcomes_by_length_total", { length, outcome }, count];
    }
    for (const flag of countedFlags(counts)) {
      const count = counts.get(outcomeCount("flag", flag, outcome)) ?? 0;
      yield ["naruko_judge_outcomes_by_flag_total", { flag, outcome }, count];
    }
  }
}
