import type { Telemetry } from "@naruko/core/model/telemetry";
import type { EpochMs } from "@naruko/core/model/time";

/** What came in, for `/metrics`. */
export class IntakeCounts {
  readonly accepted: Map<string, number> = new Map();
  readonly rejected: Map<string, number> = new Map();
  readonly ignored: Map<string, number> = new Map();
  readonly refusedRequests: Map<string, number> = new Map();
  lastTelemetryAt: EpochMs | undefined;
  /** Of calls and data points: what the layers of infrastructure and application look at. */
  lastTrafficAt: EpochMs | undefined;
  lastScoreAt: EpochMs | undefined;

  noteArrival({ calls, points, evaluations }: Telemetry, at: EpochMs): void {
    this.lastTelemetryAt = at;
    if (calls.length > 0 || points.length > 0) this.lastTrafficAt = at;
    if (evaluations.length > 0) this.lastScoreAt = at;
  }

  add(counts: Map<string, number>, reason: string, by: number): void {
    counts.set(reason, (counts.get(reason) ?? 0) + by);
  }
}
