import { JUDGE_METADATA } from "../judge/judge-series.ts";
import { TRUST_METADATA } from "../judge/trust-series.ts";
import { DERIVED_METADATA } from "../measure/derived-metadata.ts";
import type { MetricMetadata } from "../model/received-series.ts";

/** Type, help and unit of every metric that the engine makes itself. */
export const OWN_METADATA: readonly MetricMetadata[] = [
  ...DERIVED_METADATA,
  ...JUDGE_METADATA,
  ...TRUST_METADATA,
];
