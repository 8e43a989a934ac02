import assert from "node:assert/strict";
import type { Engine } from "@naruko/core/engine/engine";
import { GOLDEN_ANNOTATION } from "@naruko/core/engine/quality-pages";
import type { Input } from "@naruko/core/model/engine-io";
import { labelValue } from "@naruko/core/model/labels";
import type { EpochMs } from "@naruko/core/model/time";
import { fingerprintOf } from "@naruko/core/notify/fnv";
import type { Platter } from "./faulty-disk.ts";
import type { FaultyNetwork, Sent } from "./faulty-network.ts";
import type { Outputs } from "./replay-committed.ts";

/** An alert that fires for so many ticks is told, whatever its group waits for. */
const SURELY_TOLD_TICKS = 24;

type Remains = {
  readonly platter: Platter;
  readonly network: FaultyNetwork;
  readonly engine: Engine;
};

/** One time that an alert fired. */
export type Firing = {
  readonly fingerprint: string;
  readonly at: EpochMs;
  readonly seq: number;
  /** Whom the routes of the set-ups lead to. */
  readonly receivers: readonly string[];
  /** Of the input that ended it, and of the one with which it fired anew; infinite where none did. */
  endSeq: number;
  againSeq: number;
};

/** What was sent is what the inputs ask for, and all of that was sent, unless a reload came first. */
export function checkDeliveries(
  network: FaultyNetwork,
  { deliveries }: Outputs,
  inputs: readonly Input[],
): void {
  const sent = new Set<string>();
  for (const { key, attempt, to } of network.sent) {
    if (!isDelivery(to)) continue;
    const id = `${key} ${attempt}`;
    sent.add(id);
    const asked = deliveries.get(id);
    assert.equal(network.contents.get(key), asked?.content, `delivery ${id} is the one asked for`);
  }
  const reloads = inputs.filter(({ kind }) => kind === "reload");
  for (const [id, { seq }] of deliveries) {
    const dropped = reloads.some((reload) => reload.seq > seq);
    assert.ok(sent.has(id) || dropped, `delivery ${id} was never sent`);
  }
}

/** Every time that an alert fired, in order. */
export function firingsOf({ transitions }: Platter): readonly Firing[] {
  const firings: Firing[] = [];
  const latest = new Map<string, Firing>();
  for (const [seq, changes] of [...transitions].toSorted(([a], [b]) => a - b)) {
    for (const { state, labels, at } of changes) {
      const fingerprint = fingerprintOf(labels);
      const before = latest.get(fingerprint);
      if (state === "resolved" && before !== undefined) before.endSeq = seq;
      if (state !== "firing") continue;
      if (before !== undefined) before.againSeq = seq;
      const team = labelValue(labels, "team") === "a" ? ["diary/webhook/0"] : [];
      const receivers = ["pager/webhook/0", ...team];
      const firing = { fingerprint, at, seq, receivers, endSeq: Infinity, againSeq: Infinity };
      firings.push(firing);
      latest.set(fingerprint, firing);
    }
  }
  return firings;
}

/**
 * Every alert that fires for some minutes is told to each of its receivers, or the refusal is on
 * record. One that fires anew before any try got through is told as that.
 */
export function checkTold(firings: readonly Firing[], { platter, network }: Remains): void {
  const inputs = platter.everCommitted;
  const reloads = inputs.filter(({ kind }) => kind === "reload").map(({ seq }) => seq);
  const ticks = inputs.filter(({ kind }) => kind === "tick").map(({ seq }) => seq);
  const sent = sentBy(network.sent);
  for (const firing of firings) {
    const during = (seq: number): boolean => seq >= firing.seq && seq < firing.endSeq;
    if (ticks.filter(during).length < SURELY_TOLD_TICKS) continue;
    // A reload may sort alerts into other groups, which do not tell an end of what they never told.
    if (firing.endSeq < Infinity && reloads.some(during)) continue;
    for (const receiver of firing.receivers) {
      const what = `${receiver} was not told of ${firing.fingerprint}, firing at ${firing.at}`;
      const own = sent.get(`${receiver} ${firing.fingerprint}`) ?? [];
      const tried = own.some(
        ({ status, startsAt }) => status === "firing" && startsAt === firing.at,
      );
      // What no try got through by then may end with the groups that a reload replaces.
      const replaced = tried && reloads.some((reload) => reload > firing.endSeq);
      assert.ok(replaced || isTold(firing, own), what);
    }
  }
}

type Telling = Pick<Sent, "fate" | "afterSeq"> &
  Pick<Sent["alerts"][number], "status" | "startsAt">;

/** What was sent, by receiver and alert. */
function sentBy(all: readonly Sent[]): Map<string, Telling[]> {
  const tellings = new Map<string, Telling[]>();
  for (const { to, alerts, fate, afterSeq } of all) {
    for (const { fingerprint, status, startsAt } of alerts) {
      const key = `${to} ${fingerprint}`;
      const telling = { fate, afterSeq, status, startsAt };
      tellings.set(key, [...(tellings.get(key) ?? []), telling]);
    }
  }
  return tellings;
}

function isTold({ seq, at, againSeq }: Firing, sent: readonly Telling[]): boolean {
  const own = sent.filter(({ startsAt }) => startsAt === at);
  const tries = own.filter(({ status }) => status === "firing");
  if (tries.some(({ fate }) => fate !== "failed")) return true;
  const endTold = own.some(({ status, fate }) => status === "resolved" && fate !== "failed");
  if (tries.length > 0 && (endTold || againSeq < Infinity)) return true;
  // Believed to fire from before: then it is no news.
  const heard = sent.filter(({ fate, afterSeq }) => fate === "taken" && afterSeq < seq);
  return heard.at(-1)?.status === "firing";
}

/** Pages that say what came of trying the judge before them; no other alert says so. */
export function pagesWithCheck({ sent }: FaultyNetwork): number {
  const pages = new Set<string>();
  for (const { fingerprint, startsAt, labels, annotations } of sent.flatMap(
    ({ alerts }) => alerts,
  )) {
    if (labelValue(annotations, GOLDEN_ANNOTATION) === "") continue;
    assert.ok(labelValue(labels, "severity") !== "", `${fingerprint} is no page`);
    pages.add(`${fingerprint} ${startsAt}`);
  }
  return pages.size;
}

/** What each receiver was told last is so; what it was told before the last reload may be forgotten. */
export function checkBeliefs({ platter, network, engine }: Remains): void {
  const alerts = engine.alerting.alertsView().filter(({ state }) => state === "firing");
  const firing = new Set(alerts.map(({ labels }) => fingerprintOf(labels)));
  const lastReload = platter.everCommitted.findLast(({ kind }) => kind === "reload")?.seq ?? 0;
  const beliefs = new Map<string, { fingerprint: string; believed: boolean }>();
  for (const { to, alerts: told, fate, afterSeq } of network.sent) {
    if (fate === "failed" || afterSeq < lastReload) continue;
    for (const { fingerprint, status, endsAt } of told) {
      // An Alertmanager that hears no more of an alert ends it by itself.
      const over = endsAt !== undefined && endsAt <= engine.position.at;
      const believed = status === "firing" && !over;
      beliefs.set(`${to} ${fingerprint}`, { fingerprint, believed });
    }
  }
  for (const [who, { fingerprint, believed }] of beliefs) {
    assert.equal(believed, firing.has(fingerprint), `what ${who} believes`);
  }
}

function isDelivery(to: string): boolean {
  return to.includes("/");
}
