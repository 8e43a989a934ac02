import type { Call } from "./call.ts";
import type { Evaluation } from "./evaluation.ts";
import type { MetricPoint } from "./metric-point.ts";

/** What one request came to, after everything stateless: the unit that is committed and applied. */
export type Telemetry = {
  readonly calls: readonly Call[];
  readonly points: readonly MetricPoint[];
  readonly evaluations: readonly Evaluation[];
};
