import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { Delivery, NotifyReason, Transition } from "../model/engine-io.ts";
import { labels } from "../model/labels.ts";
import { compileMatchers } from "../model/matcher.ts";
import type { Outcome } from "../model/outcome.ts";
import { epochMs, type EpochMs } from "../model/time.ts";
import { fingerprintOf } from "./fnv.ts";
import { Notifier, type NotifierSetup } from "./notifier.ts";
import { DEFAULT_ROUTING, type Integration, type Route, type Routing } from "./routing.ts";
import type { SavedNotifier } from "./saved-notifier.ts";

const TICK_MS = 15_000;
const START = 1_790_000_000_000;
const NAMES = ["A", "B", "C", "D"];

const integration = (name: string, sendResolved: boolean): Integration => ({
  name,
  sendResolved,
  maxAlerts: 0,
});

const receivers = new Map([
  [
    "both",
    {
      name: "both",
      integrations: [integration("webhook/0", true), integration("webhook/1", false)],
    },
  ],
  ["one", { name: "one", integrations: [integration("webhook/0", true)] }],
]);

function child(id: string, receiver: string, name: string, continues: boolean): Route {
  const matchers = [{ name: "alertname", op: "=" as const, value: name }];
  const root = { ...DEFAULT_ROUTING.root, groupWaitMs: 15_000, groupIntervalMs: 45_000 };
  const matches = compileMatchers(matchers);
  return {
    ...root,
    id,
    key: id,
    receiver,
    matchers,
    matches,
    continues,
    repeatIntervalMs: 150_000,
  };
}

/** Two routings that share a group of the root, so that a reload both keeps and moves alerts. */
const routings: readonly Routing[] = [
  [child("a", "one", "A", true), child("b", "both", "A", false)],
  [child("c", "one", "B", true)],
].map((routes) => ({
  root: { ...child("root", "both", "", false), matches: () => true, groupBy: ["zone"], routes },
  receivers,
}));

type Step = {
  readonly flips: readonly number[];
  /** One an outstanding message, by turns: 0 fails, 1 is refused, 2 hangs, else it gets through. */
  readonly answers: readonly number[];
  readonly restart: boolean;
  readonly reload: boolean;
};

const step: fc.Arbitrary<Step> = fc.record({
  flips: fc.uniqueArray(fc.nat({ max: NAMES.length - 1 }), { maxLength: 2 }),
  answers: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 3 }),
  restart: fc.boolean(),
  reload: fc.nat({ max: 9 }).map((n) => n === 0),
});

const OUTCOMES: readonly (Outcome | undefined)[] = [
  { ok: false, retry: true, reason: "503" },
  { ok: false, retry: false, reason: "400" },
  undefined,
];

/** Drives a notifier and remembers what a receiver would know. */
class World {
  private notifier: Notifier;
  private routing = 0;
  private at: EpochMs = epochMs(START);
  private readonly firing = new Set<string>();
  /** What each key carried. */
  private readonly contents = new Map<string, object>();
  /** When each integration last heard that an alert fires or ended. */
  readonly heard = new Map<string, Map<string, "firing" | "resolved">>();

  constructor() {
    this.notifier = new Notifier(this.setup());
  }

  run({ flips, answers, restart, reload }: Step): void {
    this.at = epochMs(this.at + TICK_MS);
    const transitions = flips.map((index) => this.flip(NAMES[index] ?? ""));
    this.notifier.take(transitions, this.at);
    if (reload) {
      this.routing = 1 - this.routing;
      this.notifier.reload(this.setup(), this.at);
    }
    this.tick();
    if (restart) this.restart();
    for (const [index, delivery] of this.notifier.outstanding().entries()) {
      const outcome = answers[index % answers.length] ?? 3;
      this.answer(delivery, outcome < OUTCOMES.length ? OUTCOMES[outcome] : { ok: true });
    }
    if (restart) this.restart();
    this.everyFiringAlertIsHeld();
  }

  /** Lets every message through until nothing is left to say, within less than a repeat. */
  calm(): NotifyReason[] {
    const reasons: NotifyReason[] = [];
    for (let i = 0; i < 40; i++) {
      this.at = epochMs(this.at + TICK_MS);
      for (const delivery of this.notifier.outstanding()) this.answer(delivery, { ok: true });
      for (const delivery of this.tick()) {
        if (i >= 25) reasons.push(delivery.reason);
        this.answer(delivery, { ok: true });
      }
    }
    return reasons;
  }

  /** Each group's integrations know of each of its alerts, and of no ended one that they fire. */
  check(): void {
    const seen = new Set<string>();
    for (const view of this.notifier.views()) {
      for (const alert of view.alerts) {
        assert.equal(alert.status, "firing", "in the calm, ended alerts are let go");
        seen.add(alert.fingerprint);
        for (const { name } of view.integrations) {
          const heard = this.heard.get(`${view.groupKey} ${view.receiver} ${name}`);
          assert.equal(heard?.get(alert.fingerprint), "firing");
        }
      }
    }
    assert.deepEqual(seen, new Set([...this.firing].map((name) => fingerprintOf(labelsOf(name)))));
  }

  private everyFiringAlertIsHeld(): void {
    const held = this.notifier.views().flatMap((view) => view.alerts);
    const firing = held.filter((alert) => alert.status === "firing");
    const names = new Set(firing.map((alert) => alert.fingerprint));
    assert.deepEqual(names, new Set([...this.firing].map((name) => fingerprintOf(labelsOf(name)))));
  }

  private flip(name: string): Transition {
    const state = this.firing.has(name) ? "resolved" : "firing";
    if (state === "firing") this.firing.add(name);
    else this.firing.delete(name);
    const { at } = this;
    const rest = { annotations: labels({}), value: 1, startsAt: at, group: "g", file: "f" };
    return { at, state, labels: labelsOf(name), ...rest };
  }

  private tick(): Delivery[] {
    const sent = this.notifier.due(this.at);
    for (const { key, at: _, attempt: __, ...content } of sent) {
      assert.deepEqual(this.contents.get(key) ?? content, content, "a key always carries the same");
      this.contents.set(key, content);
    }
    return sent;
  }

  private answer(delivery: Delivery, outcome: Outcome | undefined): void {
    if (outcome === undefined) return;
    assert.equal(this.notifier.settle(delivery.key, outcome), "settled");
    if (!outcome.ok) return;
    const { groupKey, receiver, integration: name, alerts } = delivery;
    const place = `${groupKey} ${receiver} ${name}`;
    const heard = this.heard.get(place) ?? new Map<string, "firing" | "resolved">();
    this.heard.set(place, heard);
    for (const { fingerprint, status } of alerts) heard.set(fingerprint, status);
  }

  private restart(): void {
    const saved = JSON.parse(JSON.stringify(this.notifier.save())) as SavedNotifier;
    this.notifier = new Notifier(this.setup(), saved);
  }

  private setup(): NotifierSetup {
    const routing = routings[this.routing] ?? DEFAULT_ROUTING;
    const limits = { alertsPerNotification: 100 };
    return { routing, externalUrl: "", generatorUrl: () => "", limits };
  }
}

function labelsOf(name: string): Transition["labels"] {
  return labels({ alertname: name, zone: name < "C" ? "east" : "west" });
}

test("whatever fails, hangs or restarts: nothing is lost, and no key ever carries two things", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World();
      for (const one of steps) world.run(one);
      const late = world.calm();
      assert.deepEqual(
        late.filter((reason) => reason !== "repeat-due"),
        [],
        "once all is told, only repeats follow",
      );
      world.check();
    }),
    { numRuns: 300 },
  );
});
