import { assert } from "../model/assert.ts";
import { type Confusion, Z } from "./calibration.ts";

/** The share of calls that a judge calls bad. */
export type ObservedRate = {
  readonly rate: number;
  /** How many independent verdicts it is worth: rate · (1 − rate) / variance; may be infinite. */
  readonly verdicts: number;
};

/** What is to be reported of an observed rate. */
export type ReportedRate =
  /** The share of calls that people would call bad, with its interval of 95 %. */
  | {
      readonly kind: "corrected";
      readonly rate: number;
      readonly low: number;
      readonly high: number;
    }
  /** The observed rate as it is, and its change: the correction would say less. */
  | {
      readonly kind: "raw";
      readonly rate: number;
      readonly reason: "no-labels" | "no-better-than-chance" | "too-wide";
    };

/** A correction helps where its half-width is below this part of it (DESIGN section 7). */
const HALF_WIDTH_MAX = 0.5;
/** Nobody labels more; a set that would have to be larger is never large enough. */
const LABELS_MAX = 10_000_000;

/**
 * The rate behind an observed one, by Rogan and Gladen (1978): (q + specificity − 1) / (sensitivity +
 * specificity − 1), where that says more than the observed rate does.
 *
 * Its interval takes the uncertainty of the labels with that of the verdicts (Lee et al. 2025,
 * arXiv 2511.21140, equal to Lang and Reiczigel 2014): z²/2 bad ones of z² are added to the verdicts,
 * one and one to each kind of label; with what they become, p the corrected rate, s and c
 * sensitivity and specificity of m₁ and m₀ labels, and J = s + c − 1, it is
 * p + 2z²·(p·s(1−s)/m₁ − (1−p)·c(1−c)/m₀) ± z·√(q(1−q)/n + p²·s(1−s)/m₁ + (1−p)²·c(1−c)/m₀) / J.
 */
export function reportedRate({ rate, verdicts }: ObservedRate, confusion: Confusion): ReportedRate {
  assert(rate >= 0 && rate <= 1 && verdicts >= 0, "a rate is from 0 to 1");
  const { caught, missed, accused, cleared } = confusion;
  const [bad, good] = [caught + missed, accused + cleared];
  if (bad === 0 || good === 0) return { kind: "raw", rate, reason: "no-labels" };
  const informed = caught / bad + cleared / good - 1;
  const adjusted = intervalOf({ rate, verdicts }, confusion);
  if (informed <= 0 || adjusted === undefined)
    return { kind: "raw", rate, reason: "no-better-than-chance" };
  const corrected = clipped((rate + cleared / good - 1) / informed);
  const { middle, half } = adjusted;
  if (!(half < HALF_WIDTH_MAX * corrected)) return { kind: "raw", rate, reason: "too-wide" };
  const [low, high] = [clipped(middle - half), clipped(middle + half)];
  return { kind: "corrected", rate: corrected, low, high };
}

/** The interval before it is cut at 0 and 1; `undefined` where the judge is no better than chance. */
function intervalOf(
  { rate, verdicts }: ObservedRate,
  { caught, missed, accused, cleared }: Confusion,
): { readonly middle: number; readonly half: number } | undefined {
  const [bad, good] = [caught + missed + 2, accused + cleared + 2];
  const sensitivity = (caught + 1) / bad;
  const specificity = (cleared + 1) / good;
  const informed = sensitivity + specificity - 1;
  if (informed <= 0) return undefined;
  const spread = Z * Z;
  const isEndless = verdicts === Infinity;
  const observed = isEndless ? rate : (verdicts * rate + spread / 2) / (verdicts + spread);
  const corrected = (observed + specificity - 1) / informed;
  const sensitivityError = (sensitivity * (1 - sensitivity)) / bad;
  const specificityError = (specificity * (1 - specificity)) / good;
  const shift = 2 * spread * (corrected * sensitivityError - (1 - corrected) * specificityError);
  const variance =
    (observed * (1 - observed)) / (verdicts + spread) +
    corrected ** 2 * sensitivityError +
    (1 - corrected) ** 2 * specificityError;
  return { middle: corrected + shift, half: (Z * Math.sqrt(variance)) / informed };
}

/** How many labels more make a correction that helps. */
export type LabelsNeeded =
  | { readonly kind: "enough" }
  /** Answers that people call bad, and good, beside those that are there. */
  | { readonly kind: "more"; readonly bad: number; readonly good: number }
  /** By what is known of it, the judge is no better than chance. */
  | { readonly kind: "never" };

/**
 * How many labels more are needed until `reportedRate` corrects, where this share of calls is bad and
 * verdicts are plenty: what labels alone decide. Supposes that the judge goes on as it did, and
 * splits the labels so that they are the fewest (Neyman).
 *
 * @param rate the share of calls that people would call bad: above 0, below 1
 */
export function labelsNeeded(confusion: Confusion, rate: number): LabelsNeeded {
  assert(rate > 0 && rate < 1, "some calls are bad, and not all");
  const [bad, good] = [confusion.caught + confusion.missed, confusion.accused + confusion.cleared];
  // With the same labels added as to the interval: ten of ten right is not a judge without faults.
  const sensitivity = (confusion.caught + 1) / (bad + 2);
  const specificity = (confusion.cleared + 1) / (good + 2);
  if (sensitivity + specificity <= 1) return { kind: "never" };
  const observed = rate * sensitivity + (1 - rate) * (1 - specificity);
  const helps = (labels: Confusion): boolean =>
    reportedRate({ rate: observed, verdicts: Infinity }, labels).kind === "corrected";
  const badShare = rate * Math.sqrt(sensitivity * (1 - sensitivity));
  const goodShare = (1 - rate) * Math.sqrt(specificity * (1 - specificity));
  const splitOf = (total: number): { readonly bad: number; readonly good: number } => ({
    bad: Math.max(bad, Math.ceil((total * badShare) / (badShare + goodShare))),
    good: Math.max(good, Math.ceil((total * goodShare) / (badShare + goodShare))),
  });
  const isEnough = (total: number): boolean => {
    const split = splitOf(total);
    return helps({
      caught: split.bad * sensitivity,
      missed: split.bad * (1 - sensitivity),
      accused: split.good * (1 - specificity),
      cleared: split.good * specificity,
    });
  };
  if (isEnough(0)) return { kind: "enough" };
  let [few, many] = [0, 2];
  while (!isEnough(many)) {
    if (many > LABELS_MAX) return { kind: "never" };
    [few, many] = [many, many * 2];
  }
  while (many - few > 1) {
    const middle = Math.floor((few + many) / 2);
    if (isEnough(middle)) many = middle;
    else few = middle;
  }
  const split = splitOf(many);
  return { kind: "more", bad: split.bad - bad, good: split.good - good };
}

function clipped(rate: number): number {
  return Math.min(1, Math.max(0, rate));
}
