import type { Features } from "../../model/features.ts";

/**
 * What Prometheus' runner of scripts has on that changes results. What a script may write is not
 * limited by features at all.
 */
export const RUNNER_FEATURES: Features = new Set([
  "promql-delayed-name-removal",
  "use-start-timestamps",
] as const);
