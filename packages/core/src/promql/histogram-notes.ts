import { quote } from "../model/go-string.ts";
import type { Place } from "../model/input-error.ts";
import type { Annotations } from "./annotations.ts";
import type { Combined } from "./histogram/combine.ts";

export type HistogramOperation = "addition" | "subtraction" | "aggregation";

/** What is said of one part of an expression about histograms, in Prometheus' words. */
export class HistogramNotes {
  private readonly annotations: Annotations;
  private readonly place: Place;

  constructor(annotations: Annotations, place: Place) {
    this.annotations = annotations;
    this.place = place;
  }

  mixedKinds(name: string): void {
    this.warn(`encountered a mix of histograms and floats for metric name ${quote(name)}`);
  }

  mixedKindsInAggregation(): void {
    this.warn("encountered a mix of histograms and floats for aggregation");
  }

  mixedBuckets(name: string): void {
    const what = "vector contains a mix of histograms with exponential and custom buckets schemas";
    this.warn(`${what} for metric name ${quote(name)}`);
  }

  mixedWithClassic(name: string): void {
    this.warn(named("vector contains a mix of classic and native histograms", name));
  }

  notCounter(name: string): void {
    this.warn(`this native histogram metric is not a counter: ${quote(name)}`);
  }

  notGauge(name: string): void {
    this.warn(`this native histogram metric is not a gauge: ${quote(name)}`);
  }

  collidingResets(operation: HistogramOperation): void {
    this.warn(`conflicting counter resets during histogram ${operation}`);
  }

  incompatibleOperands(operator: string): void {
    this.warn(`incompatible bucket layout encountered for binary operator ${operator}`);
  }

  reconciledBounds(operation: HistogramOperation): void {
    this.inform(`mismatched custom buckets were reconciled during ${operation}`);
  }

  incompatibleTypes(left: string, operator: string, right: string): void {
    const what = `incompatible sample types encountered for binary operator ${quote(operator)}`;
    this.inform(`${what}: ${left} ${operator} ${right}`);
  }

  ignoredInAggregation(aggregation: string): void {
    this.inform(`ignored histogram in ${aggregation} aggregation`);
  }

  ignoredInRange(name: string): void {
    const what = "ignored histograms in a range containing both floats and histograms";
    this.inform(`${what} for metric name ${quote(name)}`);
  }

  quantileIsNan(name: string): void {
    this.inform(named("input to histogram_quantile has NaN observations, result is NaN", name));
  }

  quantileIsSkewed(name: string): void {
    const what = "input to histogram_quantile has NaN observations, result is skewed higher";
    this.inform(named(what, name));
  }

  fractionExcludesNan(name: string): void {
    const what = "input to histogram_fraction has NaN observations";
    this.inform(named(`${what}, which are excluded from all fractions`, name));
  }

  /** What there is to say of a sum or a mean; the name is that of the one that did not fit. */
  aggregated({ collided, reconciled, incompatibleAt }: Combined, name: string): void {
    if (incompatibleAt !== undefined) this.mixedBuckets(name);
    else if (collided) this.collidingResets("aggregation");
    if (reconciled) this.reconciledBounds("aggregation");
  }

  private warn(message: string): void {
    this.annotations.add("warning", message, this.place);
  }

  private inform(message: string): void {
    this.annotations.add("info", message, this.place);
  }
}

/** The message about a metric, which may have no name. */
export function named(what: string, name: string): string {
  return name === "" ? what : `${what} for metric name ${quote(name)}`;
}
