import type { NativeHistogram } from "../../model/sample.ts";
import { HistogramSum } from "./histogram-sum.ts";
import { divided } from "./scale.ts";

/** Several histograms made one, and what had to be done for it. */
export type Combined = {
  /** `undefined` where one of them has another kind of buckets. */
  readonly value: NativeHistogram | undefined;
  /** The first that does not go with those before it. */
  readonly incompatibleAt: number | undefined;
  /** Whether differing custom bounds were brought to those in common. */
  readonly reconciled: boolean;
  /** Whether some say that a counter began anew and others that it did not. */
  readonly collided: boolean;
};

/** The sum of at least one histogram. */
export function totalOf(histograms: readonly NativeHistogram[]): Combined {
  return combined(histograms, (adding) => {
    for (let i = 1; i < histograms.length; i++) if (!adding.add(i)) return undefined;
    return adding.sum;
  });
}

/**
 * The mean of at least one histogram: their sum divided, or from where the sum would leave the range
 * of doubles, a mean that is corrected with each further one.
 */
export function averageOf(histograms: readonly NativeHistogram[]): Combined {
  return combined(histograms, (adding) => {
    for (let i = 1; i < histograms.length; i++) {
      if (!adding.add(i)) return undefined;
      if (adding.sum.overflows()) return correctedMean(histograms, i, adding);
    }
    adding.sum.divide(histograms.length);
    return adding.sum;
  });
}

/** @param from the first that the sum has no room for; at least 1 */
function correctedMean(
  histograms: readonly NativeHistogram[],
  from: number,
  adding: Adding,
): HistogramSum | undefined {
  adding.restart();
  for (let i = 1; i < from; i++) adding.add(i);
  adding.sum.divide(from);
  for (let i = from; i < histograms.length; i++) {
    adding.sum.scale(i / (i + 1));
    if (!adding.add(i, i + 1)) return undefined;
  }
  return adding.sum;
}

/** Adds histograms of a list one by one, and remembers what happened. */
class Adding {
  sum: HistogramSum;
  reconciled = false;
  incompatibleAt: number | undefined;
  private readonly first: NativeHistogram;
  private readonly histograms: readonly NativeHistogram[];

  constructor(first: NativeHistogram, histograms: readonly NativeHistogram[]) {
    this.first = first;
    this.histograms = histograms;
    this.sum = new HistogramSum(first);
  }

  restart(): void {
    this.sum = new HistogramSum(this.first);
  }

  /** Adds the one at an index, divided; false where its buckets are of another kind. */
  add(index: number, dividedBy = 1): boolean {
    const one = this.histograms[index];
    if (one === undefined) return true;
    const joined = this.sum.add(dividedBy === 1 ? one : divided(one, dividedBy));
    if (joined === "incompatible") this.incompatibleAt = index;
    if (joined === "bounds-reconciled") this.reconciled = true;
    return joined !== "incompatible";
  }
}

function combined(
  histograms: readonly NativeHistogram[],
  compute: (adding: Adding) => HistogramSum | undefined,
): Combined {
  const [first] = histograms;
  const hints = new Set(histograms.map(({ counterReset }) => counterReset));
  const collided = hints.has("reset") && hints.has("not-reset");
  const none = { value: undefined, incompatibleAt: undefined, reconciled: false, collided };
  if (first === undefined) return none;
  const adding = new Adding(first, histograms);
  const value = compute(adding)?.result();
  const { incompatibleAt, reconciled } = adding;
  return { value, incompatibleAt, reconciled, collided };
}
