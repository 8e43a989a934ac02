import { assert } from "../model/assert.ts";
import type { Delivery, NotifiedAlert } from "../model/engine-io.ts";
import type { Outcome } from "../model/outcome.ts";
import { epochMs, MINUTE_MS, SECOND_MS, type EpochMs } from "../model/time.ts";
import { reasonDue } from "./due.ts";
import type { Integration } from "./routing.ts";

/** How long a failed delivery waits for its next try: doubled with each failure, up to the second. */
const RETRY_FIRST_MS = 15 * SECOND_MS;
const RETRY_MAX_MS = 5 * MINUTE_MS;

/** The wait after so many failures in a row. Without jitter: the core has no chance in it. */
function retryDelayMs(failures: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_MAX_MS);
}

/** The alerts of a group at one moment, each list in the order in which it is shown. */
export type GroupContent = {
  readonly firing: readonly NotifiedAlert[];
  readonly resolved: readonly NotifiedAlert[];
};

/** What one message is made of; the group adds its key, its labels and the limit on alerts. */
export type MessageContent = {
  readonly reason: Delivery["reason"];
  readonly alerts: readonly NotifiedAlert[];
};

/** Turns content into a delivery with a key of its own. */
export type Compose = (content: MessageContent, integration: Integration) => Delivery;

/** A message that did not get through yet: under way, or waiting for its next try. */
export type Pending = {
  readonly delivery: Delivery;
  /** Fingerprints of everything that it tells, alerts cut from the message included. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** Equal for equal content. */
  readonly signature: string;
  /** When the next try is due; `undefined` while one is under way. */
  readonly retryAt: EpochMs | undefined;
};

/** Content that the receiver refused for good, and when. */
export type Refused = { readonly signature: string; readonly at: EpochMs };

/** Everything that a target remembers. */
export type TargetState = {
  readonly told: readonly string[];
  readonly maybeTold: readonly string[];
  readonly toldAt: EpochMs | undefined;
  readonly open: boolean;
  readonly failures: number;
  readonly lastFailure: string | undefined;
  readonly pending: Pending | undefined;
  readonly refused: Refused | undefined;
};

/**
 * One integration of a group's receiver: what it was told, and what is on its way. At most one
 * message is under way at a time.
 */
export class Target {
  readonly integration: Integration;
  /** Firing in the last message that got through, and in none since then told to have ended. */
  private told: Set<string>;
  /** In messages since then whose fate is not known to be a refusal: it may be believed to fire. */
  private readonly maybeTold: Set<string>;
  private toldAt: EpochMs | undefined;
  /** A flush of the group was due and this target did not look at it yet. */
  private open: boolean;
  private failures: number;
  private lastFailure: string | undefined;
  private pending: Pending | undefined;
  private refused: Refused | undefined;

  constructor(integration: Integration, state?: TargetState) {
    this.integration = integration;
    this.told = new Set(state?.told);
    this.maybeTold = new Set(state?.maybeTold);
    this.toldAt = state?.toldAt;
    this.open = state?.open ?? false;
    this.failures = state?.failures ?? 0;
    this.lastFailure = state?.lastFailure;
    this.pending = state?.pending;
    this.refused = state?.refused;
  }

  /** The group's interval is over: whatever changed may be told. */
  openFlush(): void {
    this.open = true;
  }

  /** The message under way, if there is one. */
  underWay(): Delivery | undefined {
    return this.pending?.retryAt === undefined ? this.pending?.delivery : undefined;
  }

  /** Whether `next` could have something to say at `at`. */
  wantsAttention(at: EpochMs): boolean {
    if (this.pending === undefined) return this.open;
    const { retryAt } = this.pending;
    return retryAt !== undefined && (this.open || retryAt <= at);
  }

  /** Whether the receiver may believe that an alert fires: then it has to hear of its end. */
  believes(fingerprint: string): boolean {
    return this.told.has(fingerprint) || this.maybeTold.has(fingerprint);
  }

  /**
   * The message that is due at `at`, if any. A failed one is tried again under its own key as long
   * as there is the same to say; once there is something else to say, a message with a key of its
   * own takes its place.
   */
  next(
    content: GroupContent,
    at: EpochMs,
    compose: Compose,
    repeatMs: number,
  ): Delivery | undefined {
    assert(this.underWay() === undefined, "one message under way per integration of a group");
    this.open = false;
    const resolved = this.resolvedToTell(content.resolved);
    const firing = content.firing.map((alert) => alert.fingerprint);
    const { told, toldAt } = this;
    const reason = reasonDue(
      { firing, resolved: resolved.map((alert) => alert.fingerprint), told, toldAt, repeatMs },
      at,
    );
    if (reason === undefined) {
      this.pending = undefined;
      return undefined;
    }
    const alerts = [...content.firing, ...resolved];
    const signature = signatureOf(alerts);
    if (this.refused?.signature === signature && at - this.refused.at < repeatMs) return undefined;
    const waiting = this.pending;
    if (waiting?.signature === signature) return this.again(waiting, at);
    const delivery = compose({ reason, alerts }, this.integration);
    return this.send({
      delivery,
      firing,
      resolved: resolved.map((alert) => alert.fingerprint),
      signature,
      retryAt: undefined,
    });
  }

  /**
   * Takes the receiver's answer to the message under way. What was refused for good is not tried
   * again before the group changes or a repeat is due; an end that was refused is told to nobody.
   */
  settle(outcome: Outcome): void {
    const sent = this.pending;
    assert(sent !== undefined && sent.retryAt === undefined, "only what is under way is settled");
    if (outcome.ok) {
      this.told = new Set(sent.firing);
      this.maybeTold.clear();
      this.toldAt = sent.delivery.at;
      this.failures = 0;
      this.lastFailure = undefined;
      this.pending = undefined;
      return;
    }
    this.failures++;
    this.lastFailure = outcome.reason;
    if (outcome.retry) {
      const retryAt = epochMs(sent.delivery.at + retryDelayMs(this.failures));
      this.pending = { ...sent, retryAt };
      return;
    }
    this.pending = undefined;
    this.refused = { signature: sent.signature, at: sent.delivery.at };
    for (const alert of sent.resolved) this.forget(alert);
  }

  state(): TargetState {
    return {
      told: [...this.told],
      maybeTold: [...this.maybeTold],
      toldAt: this.toldAt,
      open: this.open,
      failures: this.failures,
      lastFailure: this.lastFailure,
      pending: this.pending,
      refused: this.refused,
    };
  }

  private resolvedToTell(resolved: readonly NotifiedAlert[]): readonly NotifiedAlert[] {
    const believed = resolved.filter((alert) => this.believes(alert.fingerprint));
    if (this.integration.sendResolved) return believed;
    // It does not want to hear of ends, so that an alert which fires again is news to it.
    for (const alert of believed) this.forget(alert.fingerprint);
    return [];
  }

  private again(waiting: Pending, at: EpochMs): Delivery | undefined {
    if (waiting.retryAt !== undefined && waiting.retryAt > at) return undefined;
    const { delivery } = waiting;
    const attempt = delivery.attempt + 1;
    return this.send({ ...waiting, delivery: { ...delivery, at, attempt }, retryAt: undefined });
  }

  private send(pending: Pending): Delivery {
    this.pending = pending;
    this.refused = undefined;
    for (const alert of pending.firing) this.maybeTold.add(alert);
    // Until the answer is here, the receiver may know of the end or not: another firing is news.
    for (const alert of pending.resolved) {
      this.told.delete(alert);
      this.maybeTold.add(alert);
    }
    return pending.delivery;
  }

  private forget(fingerprint: string): void {
    this.told.delete(fingerprint);
    this.maybeTold.delete(fingerprint);
  }
}

function signatureOf(alerts: readonly NotifiedAlert[]): string {
  const parts = alerts.map(
    (alert) => `${alert.fingerprint}@${alert.startsAt}-${alert.endsAt ?? ""}`,
  );
  return parts.join(" ");
}
