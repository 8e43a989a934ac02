import { FEATURES, type Feature, type Features, NO_FEATURES } from "../model/features.ts";
import type { Place } from "../model/input-error.ts";
import { refuse } from "./refuse.ts";

export type FeatureOptions = {
  /** What is allowed beyond the stable language; nothing by default. */
  readonly features?: Features;
};

/** Everything on: what Prometheus' own test scripts are run with. */
export const ALL_FEATURES: Features = new Set(FEATURES);

/** Something in an expression that Prometheus calls experimental. */
export type Experimental = {
  readonly what: string;
  readonly feature: Feature;
  readonly place: Place;
};

/**
 * Refuses what is not turned on, with the line of the configuration that does.
 *
 * @throws InputError of kind `promql`
 */
export function requireFeature(
  { what, feature, place }: Experimental,
  text: string,
  { features = NO_FEATURES }: FeatureOptions,
): void {
  if (features.has(feature)) return;
  const remedy = `"features: [${feature}]" in naruko.yml turns it on`;
  refuse(text, place, `${what} is experimental and not enabled; ${remedy}`);
}
