import type { NotifyReason } from "../model/engine-io.ts";
import type { EpochMs } from "../model/time.ts";

/** What decides whether one integration is told about its group. Alerts are named by fingerprint. */
export type Standing = {
  /** The alerts firing now. */
  readonly firing: readonly string[];
  /** Alerts over by now that the integration may believe firing and wants to hear of. */
  readonly resolved: readonly string[];
  /** The alerts firing in the last message that got through. */
  readonly told: ReadonlySet<string>;
  /** When that message was due; `undefined` if none got through. */
  readonly toldAt: EpochMs | undefined;
  readonly repeatMs: number;
};

/** Why a message is due at `at`, as Alertmanager decides it; `undefined` if none is. */
export function reasonDue(standing: Standing, at: EpochMs): NotifyReason | undefined {
  const { firing, resolved, told, toldAt, repeatMs } = standing;
  if (firing.some((alert) => !told.has(alert))) return told.size === 0 ? "first" : "new-alerts";
  if (resolved.length > 0) return firing.length === 0 ? "all-resolved" : "some-resolved";
  if (firing.length === 0 || toldAt === undefined) return undefined;
  return at - toldAt >= repeatMs ? "repeat-due" : undefined;
}
