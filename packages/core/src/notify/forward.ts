import type { Effect, NotifiedAlert, Transition } from "../model/engine-io.ts";
import type { Outcome } from "../model/outcome.ts";
import { compareLabels } from "../model/labels.ts";
import { epochMs, MINUTE_MS, type EpochMs } from "../model/time.ts";
import { fingerprintOf, fnv1a64 } from "./fnv.ts";
import {
  heldAfter,
  loadAlert,
  saveAlert,
  type GeneratorUrl,
  type HeldAlert,
  type SavedAlert,
} from "./held-alert.ts";

/** A firing alert is posted again after this time, as Prometheus' `--rules.alert.resend-delay`. */
const RESEND_MS = MINUTE_MS;
/** An ended alert is posted for this long, so that an Alertmanager that was away hears of it. */
const RESOLVED_FOR_MS = 15 * MINUTE_MS;
/** Without another post the receiving Alertmanager takes an alert as ended after so many intervals. */
const ENDS_AFTER_INTERVALS = 4;
/** Alerts in one post, as Prometheus batches them. */
const ALERTS_PER_POST = 256;

/** One post to one Alertmanager. */
export type Post = Extract<Effect, { kind: "forward" }>;

export type ForwarderSetup = {
  /** Names; the shell knows their addresses. */
  readonly alertmanagers: readonly string[];
  /** Milliseconds between two ticks. */
  readonly intervalMs: number;
  readonly generatorUrl: GeneratorUrl;
};

/** What became of the posts to one Alertmanager. */
export type PostCount = {
  readonly alertmanager: string;
  readonly posted: number;
  readonly failed: number;
  readonly lastFailure: string | undefined;
};

/** What one Alertmanager was posted of an alert. */
type Posted = { readonly at: EpochMs; readonly status: NotifiedAlert["status"] };

/** The forwarder's memory in a form that survives JSON. Times are epoch milliseconds. */
export type SavedForwarder = {
  readonly alerts: readonly { readonly alert: SavedAlert; readonly claims: number }[];
  readonly peers: readonly SavedPeer[];
};

export type SavedPeer = {
  readonly name: string;
  readonly posted: readonly (readonly [
    string,
    { readonly at: number; readonly status: Posted["status"] },
  ])[];
  readonly underWay: readonly SavedPost[];
  readonly count: PostCount;
};

export type SavedPost = Omit<Post, "at" | "alerts"> & {
  readonly at: number;
  readonly alerts: readonly SavedAlert[];
};

/**
 * Forwards alerts to real Alertmanagers as Prometheus' notifier does: ungrouped, each firing alert
 * every minute with an end that lies ahead, each ended one at once and for 15 minutes more. Each
 * Alertmanager is served by itself; what a failed post held stays due.
 */
export class Forwarder {
  private setup: ForwarderSetup;
  private readonly alerts = new Map<string, HeldAlert>();
  private peers: readonly Peer[] = [];

  constructor(setup: ForwarderSetup, saved?: SavedForwarder) {
    this.setup = setup;
    for (const { alert: one, claims } of saved?.alerts ?? []) {
      const alert = loadAlert(one);
      this.alerts.set(alert.fingerprint, { alert, claims });
    }
    const states = new Map(saved?.peers.map((peer) => [peer.name, peer]));
    this.peers = setup.alertmanagers.map((name) => new Peer(name, states.get(name)));
  }

  /** Takes what the rules decided; only firing and resolved alerts matter here. */
  take(transitions: readonly Transition[]): void {
    for (const transition of transitions) {
      const fingerprint = fingerprintOf(transition.labels);
      const { generatorUrl } = this.setup;
      const held = heldAfter(this.alerts.get(fingerprint), transition, generatorUrl);
      if (held !== undefined) this.alerts.set(fingerprint, held);
    }
  }

  /** The posts that are due at tick `at`, each to be carried out once and then settled by its key. */
  due(at: EpochMs): Post[] {
    for (const [fingerprint, { alert }] of this.alerts) {
      if (alert.endsAt !== undefined && at - alert.endsAt > RESOLVED_FOR_MS) {
        this.alerts.delete(fingerprint);
        for (const peer of this.peers) peer.forget(fingerprint);
      }
    }
    if (this.peers.length === 0) return [];
    const ahead = ENDS_AFTER_INTERVALS * Math.max(this.setup.intervalMs, RESEND_MS);
    const alerts = [...this.alerts.values()]
      .map(({ alert }) => (alert.status === "firing" ? endingAt(alert, at + ahead) : alert))
      .toSorted((a, b) => compareLabels(a.labels, b.labels));
    return this.peers.flatMap((peer) => peer.due(alerts, at));
  }

  /** `unknown`: nobody waits for it, because it was settled before or its Alertmanager is gone. */
  settle(key: string, outcome: Outcome): "settled" | "unknown" {
    return this.peers.some((peer) => peer.settle(key, outcome)) ? "settled" : "unknown";
  }

  /** Posts without an outcome: after a restart they are carried out again, under the same keys. */
  outstanding(): Post[] {
    return this.peers.flatMap((peer) => peer.outstanding());
  }

  /** Takes another setup; an Alertmanager that is in both keeps what it was posted. */
  reload(setup: ForwarderSetup): void {
    const known = new Map(this.peers.map((peer) => [peer.name, peer]));
    this.setup = setup;
    this.peers = setup.alertmanagers.map((name) => known.get(name) ?? new Peer(name));
  }

  postCounts(): readonly PostCount[] {
    return this.peers.map((peer) => peer.count);
  }

  save(): SavedForwarder {
    const alerts = [...this.alerts.values()];
    return {
      alerts: alerts.map(({ alert, claims }) => ({ alert: saveAlert(alert), claims })),
      peers: this.peers.map((peer) => peer.save()),
    };
  }
}

function endingAt(alert: NotifiedAlert, endsAt: number): NotifiedAlert {
  return { ...alert, endsAt: epochMs(endsAt) };
}

/** One Alertmanager: what it was posted, and what is on its way. */
class Peer {
  readonly name: string;
  count: PostCount;
  /** By fingerprint. */
  private readonly posted = new Map<string, Posted>();
  /** By key. */
  private readonly underWay = new Map<string, Post>();

  constructor(name: string, saved?: SavedPeer) {
    this.name = name;
    this.count = saved?.count ?? {
      alertmanager: name,
      posted: 0,
      failed: 0,
      lastFailure: undefined,
    };
    for (const [fingerprint, { at, status }] of saved?.posted ?? []) {
      this.posted.set(fingerprint, { at: epochMs(at), status });
    }
    for (const post of saved?.underWay ?? []) {
      const alerts = post.alerts.map(loadAlert);
      this.underWay.set(post.key, { ...post, at: epochMs(post.at), alerts });
    }
  }

  due(alerts: readonly NotifiedAlert[], at: EpochMs): Post[] {
    // An order of posts is kept by having none under way beside those of one tick: an end that
    // overtook its fire would be undone by it.
    if (this.underWay.size > 0) return [];
    const due = alerts.filter((alert) => this.isDue(alert, at));
    const posts: Post[] = [];
    for (let from = 0; from < due.length; from += ALERTS_PER_POST) {
      const key = fnv1a64(["forward", this.name, `${at}`, `${from}`]);
      const some = due.slice(from, from + ALERTS_PER_POST);
      posts.push({ kind: "forward", key, alertmanager: this.name, at, alerts: some });
    }
    for (const post of posts) this.underWay.set(post.key, post);
    return posts;
  }

  settle(key: string, outcome: Outcome): boolean {
    const post = this.underWay.get(key);
    if (post === undefined) return false;
    this.underWay.delete(key);
    const { count } = this;
    if (!outcome.ok) {
      this.count = { ...count, failed: count.failed + 1, lastFailure: outcome.reason };
      return true;
    }
    this.count = { ...count, posted: count.posted + 1, lastFailure: undefined };
    for (const { fingerprint, status } of post.alerts) {
      this.posted.set(fingerprint, { at: post.at, status });
    }
    return true;
  }

  outstanding(): Post[] {
    return [...this.underWay.values()];
  }

  forget(fingerprint: string): void {
    this.posted.delete(fingerprint);
  }

  save(): SavedPeer {
    return {
      name: this.name,
      posted: [...this.posted],
      underWay: this.outstanding().map((post) => ({ ...post, alerts: post.alerts.map(saveAlert) })),
      count: this.count,
    };
  }

  private isDue({ fingerprint, status }: NotifiedAlert, at: EpochMs): boolean {
    const last = this.posted.get(fingerprint);
    return last === undefined || last.status !== status || at - last.at >= RESEND_MS;
  }
}
