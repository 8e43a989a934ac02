import type { Delivery } from "../model/engine-io.ts";
import { sortedLabels } from "../model/labels.ts";
import { epochMs } from "../model/time.ts";
import type { DeliveryCount } from "./delivery-counts.ts";
import { Group } from "./group.ts";
import { loadAlert, saveAlert, type SavedAlert } from "./held-alert.ts";
import type { Integration, Route } from "./routing.ts";
import { Target, type Pending, type TargetState } from "./target.ts";

/** The notifier's memory in a form that survives JSON. Times are epoch milliseconds. */
export type SavedNotifier = {
  readonly counts: readonly DeliveryCount[];
  readonly groups: readonly SavedGroup[];
};

export type SavedGroup = {
  /** The route's id. */
  readonly route: string;
  readonly labels: readonly string[];
  readonly flushAt: number;
  readonly alerts: readonly { readonly alert: SavedAlert; readonly claims: number }[];
  readonly targets: readonly SavedTarget[];
};

export type SavedTarget = {
  readonly integration: string;
  readonly told: readonly string[];
  readonly maybeTold: readonly string[];
  readonly toldAt?: number | undefined;
  readonly open: boolean;
  readonly failures: number;
  readonly lastFailure?: string | undefined;
  readonly pending?: SavedPending | undefined;
  readonly refused?: { readonly signature: string; readonly at: number } | undefined;
};

export type SavedPending = {
  readonly delivery: SavedDelivery;
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly signature: string;
  readonly retryAt?: number | undefined;
};

type LabelledPart = "groupLabels" | "commonLabels" | "commonAnnotations";

export type SavedDelivery = Omit<Delivery, "at" | "alerts" | LabelledPart> & {
  readonly at: number;
  readonly alerts: readonly SavedAlert[];
} & Readonly<Record<LabelledPart, readonly string[]>>;

export function saveGroup(group: Group): SavedGroup {
  return {
    route: group.route.id,
    labels: group.labels.pairs,
    flushAt: group.flushAt,
    alerts: [...group.alerts.values()].map(({ alert, claims }) => ({
      alert: saveAlert(alert),
      claims,
    })),
    targets: group.targets.map(saveTarget),
  };
}

export function loadGroup(
  saved: SavedGroup,
  route: Route,
  integrations: readonly Integration[],
): Group {
  const states = new Map(saved.targets.map((one) => [one.integration, one]));
  return new Group({
    route,
    labels: sortedLabels(saved.labels),
    flushAt: epochMs(saved.flushAt),
    alerts: saved.alerts.map(({ alert: one, claims }) => {
      const alert = loadAlert(one);
      return [alert.fingerprint, { alert, claims }];
    }),
    targets: integrations.map((integration) => {
      const state = states.get(integration.name);
      return new Target(integration, state && loadTarget(state));
    }),
  });
}

function saveTarget(target: Target): SavedTarget {
  const { pending, ...state } = target.state();
  return {
    ...state,
    integration: target.integration.name,
    pending: pending && { ...pending, delivery: saveDelivery(pending.delivery) },
  };
}

function loadTarget(saved: SavedTarget): TargetState {
  const { toldAt, lastFailure, pending, refused } = saved;
  return {
    told: saved.told,
    maybeTold: saved.maybeTold,
    toldAt: toldAt === undefined ? undefined : epochMs(toldAt),
    open: saved.open,
    failures: saved.failures,
    lastFailure,
    pending: pending && loadPending(pending),
    refused: refused && { signature: refused.signature, at: epochMs(refused.at) },
  };
}

function loadPending(saved: SavedPending): Pending {
  const { retryAt } = saved;
  return {
    ...saved,
    delivery: loadDelivery(saved.delivery),
    retryAt: retryAt === undefined ? undefined : epochMs(retryAt),
  };
}

function saveDelivery(delivery: Delivery): SavedDelivery {
  return {
    ...delivery,
    alerts: delivery.alerts.map(saveAlert),
    groupLabels: delivery.groupLabels.pairs,
    commonLabels: delivery.commonLabels.pairs,
    commonAnnotations: delivery.commonAnnotations.pairs,
  };
}

function loadDelivery(saved: SavedDelivery): Delivery {
  return {
    ...saved,
    at: epochMs(saved.at),
    alerts: saved.alerts.map(loadAlert),
    groupLabels: sortedLabels(saved.groupLabels),
    commonLabels: sortedLabels(saved.commonLabels),
    commonAnnotations: sortedLabels(saved.commonAnnotations),
  };
}
