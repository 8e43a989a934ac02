import { epochMs, type EpochMs } from "../model/time.ts";
import type { Labels } from "../model/labels.ts";
import type { HeldAlert } from "./held-alert.ts";
import type { Route } from "./routing.ts";
import type { Target } from "./target.ts";

/** Alerts of one route that share their group labels, and what each integration was told of them. */
export class Group {
  readonly route: Route;
  readonly labels: Labels;
  readonly targets: readonly Target[];
  /** By fingerprint, in the order of arrival. */
  readonly alerts: Map<string, HeldAlert>;
  /** When its changes may be told next. */
  flushAt: EpochMs;

  constructor(start: {
    readonly route: Route;
    readonly labels: Labels;
    readonly targets: readonly Target[];
    readonly flushAt: EpochMs;
    readonly alerts?: Iterable<readonly [string, HeldAlert]>;
  }) {
    this.route = start.route;
    this.labels = start.labels;
    this.targets = start.targets;
    this.flushAt = start.flushAt;
    this.alerts = new Map(start.alerts);
  }

  get id(): string {
    return groupId(this.route, this.labels);
  }

  /** Opens every target where the group's time has come, and starts the next interval. */
  openFlush(at: EpochMs): void {
    if (this.flushAt > at) return;
    this.flushAt = epochMs(at + this.route.groupIntervalMs);
    for (const target of this.targets) target.openFlush();
  }

  /** Lets go of ended alerts that no integration believes firing. */
  forgetEnded(): void {
    for (const [fingerprint, { alert }] of this.alerts) {
      if (alert.status === "firing") continue;
      if (this.targets.some((target) => target.believes(fingerprint))) continue;
      this.alerts.delete(fingerprint);
    }
  }
}

/** Tells groups apart, also those of two routes with equal matchers, or of a route that was rewired. */
export function groupId(route: Route, groupLabels: Labels): string {
  return `${route.receiver}:${route.id}:${groupLabels.key}`;
}
