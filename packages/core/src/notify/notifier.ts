import { assert } from "../model/assert.ts";
import type { Delivery, NotifiedAlert, Transition } from "../model/engine-io.ts";
import type { Labels } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import type { Outcome } from "../model/outcome.ts";
import { epochMs, type EpochMs } from "../model/time.ts";
import { DeliveryCounts, type DeliveryCount } from "./delivery-counts.ts";
import { fingerprintOf, fnv1a64 } from "./fnv.ts";
import { Group, groupId } from "./group.ts";
import { heldAfter, type GeneratorUrl } from "./held-alert.ts";
import { composeDelivery, contentOf } from "./message.ts";
import { groupKeyOf, groupLabelsOf, matchRoutes, routesBelow } from "./route.ts";
import type { Integration, Route, Routing } from "./routing.ts";
import { loadGroup, saveGroup, type SavedNotifier } from "./saved-notifier.ts";
import { Target, type Compose } from "./target.ts";

/** What the notifier works by; a reload replaces all of it. */
export type NotifierSetup = {
  readonly routing: Routing;
  /** Where messages link to: `http://127.0.0.1:4320`. */
  readonly externalUrl: string;
  readonly generatorUrl: GeneratorUrl;
  readonly limits: Pick<Limits, "alertsPerNotification">;
};

/** One group as people are shown it. Nothing in it is secret. */
export type GroupView = {
  readonly receiver: string;
  readonly groupKey: string;
  readonly labels: Labels;
  readonly nextFlushAt: EpochMs;
  readonly alerts: readonly NotifiedAlert[];
  readonly integrations: readonly IntegrationView[];
};

export type IntegrationView = {
  readonly name: string;
  /** When the last message that got through was due. */
  readonly toldAt: EpochMs | undefined;
  readonly underWay: boolean;
  /** When a failed message is tried again. */
  readonly retryAt: EpochMs | undefined;
  /** Failures in a row. */
  readonly failures: number;
  readonly lastFailure: string | undefined;
};

/**
 * Alertmanager's dispatching and deduplication as a state machine in event time: transitions go in,
 * messages that are due come out, and what became of each comes back by its key.
 *
 * A firing alert is in at least one group, and stays there until each integration of the group's
 * receiver was told of its end, or refused to be.
 */
export class Notifier {
  private setup: NotifierSetup;
  private groups = new Map<string, Group>();
  /** Where the outcome of a key belongs: the messages under way. */
  private readonly underWay = new Map<string, { group: Group; target: Target }>();
  private readonly counts: DeliveryCounts;

  /** @param saved what `save` gave under the same routing */
  constructor(setup: NotifierSetup, saved?: SavedNotifier) {
    this.setup = setup;
    this.counts = new DeliveryCounts(saved?.counts);
    if (saved === undefined) return;
    const routes = new Map(routesBelow(setup.routing.root).map((route) => [route.id, route]));
    for (const one of saved.groups) {
      const route = routes.get(one.route);
      assert(route !== undefined, "state is loaded under the routing that it was saved under");
      this.enter(loadGroup(one, route, this.integrationsOf(route)));
    }
  }

  /** Takes what the rules decided; only firing and resolved alerts matter here. */
  take(transitions: readonly Transition[], at: EpochMs): void {
    for (const transition of transitions) {
      if (transition.state !== "firing" && transition.state !== "resolved") continue;
      for (const route of matchRoutes(this.setup.routing.root, transition.labels)) {
        this.takeOnRoute(transition, route, at);
      }
    }
  }

  /** The messages due at tick `at`: each is carried out once, then settled by its key. */
  due(at: EpochMs): Delivery[] {
    const deliveries: Delivery[] = [];
    for (const group of this.groups.values()) {
      group.openFlush(at);
      const targets = group.targets.filter((target) => target.wantsAttention(at));
      if (targets.length === 0) continue;
      deliveries.push(...this.nextOf(group, targets, at));
      this.forgetEnded(group);
    }
    return deliveries;
  }

  /**
   * Takes the outcome of a message. `unknown`: nobody waits for it, because it was settled before
   * or belongs to a routing that is gone.
   */
  settle(key: string, outcome: Outcome): "settled" | "unknown" {
    const found = this.underWay.get(key);
    if (found === undefined) return "unknown";
    this.underWay.delete(key);
    const { group, target } = found;
    target.settle(outcome);
    this.counts.add(group.route.receiver, target.integration.name, outcome);
    this.forgetEnded(group);
    return "settled";
  }

  /** Messages without an outcome: after a restart they are carried out again, under the same keys. */
  outstanding(): Delivery[] {
    return [...this.underWay.values()].flatMap(({ target }) => target.underWay() ?? []);
  }

  /**
   * Sorts all alerts into the groups of another setup. A group that exists in both, with the same
   * receiver, keeps its timer and what it told; in every other one an alert that has fired for
   * `group_wait` is told at once, as after a reload of Alertmanager.
   */
  reload(setup: NotifierSetup, at: EpochMs): void {
    const before = [...this.groups.values()];
    this.setup = setup;
    this.groups = new Map();
    this.underWay.clear();
    const earlier = new Map(before.map((group) => [group.id, group]));
    for (const [fingerprint, held] of before.flatMap((group) => [...group.alerts])) {
      const { labels, startsAt } = held.alert;
      for (const route of matchRoutes(setup.routing.root, labels)) {
        const flushAt = epochMs(Math.max(at, startsAt + route.groupWaitMs));
        const namesake = earlier.get(groupId(route, groupLabelsOf(route, labels)));
        const group = this.groupFor(route, labels) ?? this.adopt(route, labels, flushAt, namesake);
        group.alerts.set(fingerprint, held);
        // In a group without a past, the alert that has waited longest decides.
        if (!namesake) group.flushAt = epochMs(Math.min(group.flushAt, flushAt));
      }
    }
    for (const group of this.groups.values()) this.forgetEnded(group);
  }

  save(): SavedNotifier {
    const groups = [...this.groups.values()].map(saveGroup);
    return { counts: this.counts.list(), groups };
  }

  deliveryCounts(): readonly DeliveryCount[] {
    return this.counts.list();
  }

  views(): readonly GroupView[] {
    return [...this.groups.values()].map((group) => ({
      receiver: group.route.receiver,
      groupKey: groupKeyOf(group.route, group.labels),
      labels: group.labels,
      nextFlushAt: group.flushAt,
      alerts: [...group.alerts.values()].map(({ alert }) => alert),
      integrations: group.targets.map(viewOf),
    }));
  }

  private takeOnRoute(transition: Transition, route: Route, at: EpochMs): void {
    const known = this.groupFor(route, transition.labels);
    const fingerprint = fingerprintOf(transition.labels);
    const held = heldAfter(known?.alerts.get(fingerprint), transition, this.setup.generatorUrl);
    if (held === undefined) return;
    const group = known ?? this.open(route, transition.labels, epochMs(at + route.groupWaitMs));
    group.alerts.set(fingerprint, held);
  }

  private groupFor(route: Route, labels: Labels): Group | undefined {
    return this.groups.get(groupId(route, groupLabelsOf(route, labels)));
  }

  private open(route: Route, labels: Labels, flushAt: EpochMs): Group {
    const targets = this.integrationsOf(route).map((integration) => new Target(integration));
    return this.enter(new Group({ route, labels: groupLabelsOf(route, labels), targets, flushAt }));
  }

  /** The group for an alert after a reload, with what its namesake before it remembers. */
  private adopt(route: Route, labels: Labels, flushAt: EpochMs, namesake?: Group): Group {
    if (namesake === undefined) return this.open(route, labels, flushAt);
    const states = new Map(namesake.targets.map((one) => [one.integration.name, one.state()]));
    const targets = this.integrationsOf(route).map(
      (integration) => new Target(integration, states.get(integration.name)),
    );
    return this.enter(
      new Group({ route, labels: namesake.labels, targets, flushAt: namesake.flushAt }),
    );
  }

  private enter(group: Group): Group {
    this.groups.set(group.id, group);
    for (const target of group.targets) {
      const delivery = target.underWay();
      if (delivery !== undefined) this.underWay.set(delivery.key, { group, target });
    }
    return group;
  }

  private nextOf(group: Group, targets: readonly Target[], at: EpochMs): Delivery[] {
    const content = contentOf(group.alerts.values());
    const compose = this.composeFor(group, at);
    return targets.flatMap((target) => {
      const delivery = target.next(content, at, compose, group.route.repeatIntervalMs);
      if (delivery === undefined) return [];
      this.underWay.set(delivery.key, { group, target });
      return [delivery];
    });
  }

  private composeFor(group: Group, at: EpochMs): Compose {
    const { externalUrl, limits } = this.setup;
    const { receiver } = group.route;
    const groupKey = groupKeyOf(group.route, group.labels);
    return (content, integration) => {
      // An integration gets at most one message a tick, so that its time tells them apart.
      const key = fnv1a64([group.id, integration.name, `${at}`]);
      const envelope = { key, at, receiver, groupKey, groupLabels: group.labels, externalUrl };
      return composeDelivery(envelope, content, integration, limits.alertsPerNotification);
    };
  }

  private forgetEnded(group: Group): void {
    group.forgetEnded();
    if (group.alerts.size === 0) this.groups.delete(group.id);
  }

  private integrationsOf(route: Route): readonly Integration[] {
    const receiver = this.setup.routing.receivers.get(route.receiver);
    assert(receiver !== undefined, "every route's receiver exists");
    return receiver.integrations;
  }
}

function viewOf(target: Target): IntegrationView {
  const { toldAt, failures, lastFailure, pending } = target.state();
  return {
    name: target.integration.name,
    toldAt,
    underWay: target.underWay() !== undefined,
    retryAt: pending?.retryAt,
    failures,
    lastFailure,
  };
}
