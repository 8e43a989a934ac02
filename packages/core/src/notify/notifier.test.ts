import assert from "node:assert/strict";
import test from "node:test";
import type { Delivery, Transition } from "../model/engine-io.ts";
import { labels, labelValue, NO_LABELS } from "../model/labels.ts";
import type { Outcome } from "../model/outcome.ts";
import { parseDuration } from "../model/duration.ts";
import { epochMs } from "../model/time.ts";
import { Notifier, type NotifierSetup } from "./notifier.ts";
import { DEFAULT_ROUTING, type Integration, type Route, type Routing } from "./routing.ts";
import type { SavedNotifier } from "./saved-notifier.ts";

const START = 1_790_000_000_000;
const webhook: Integration = { name: "webhook/0", sendResolved: true, maxAlerts: 0 };

function routingTo(integrations: readonly Integration[], timing: Partial<Route> = {}): Routing {
  const root = { ...DEFAULT_ROUTING.root, receiver: "pager", ...timing };
  return { root, receivers: new Map([["pager", { name: "pager", integrations }]]) };
}

const timing = {
  groupWaitMs: 30_000,
  groupIntervalMs: 60_000,
  repeatIntervalMs: 300_000,
};
const usual = routingTo([webhook], timing);
const quiet = routingTo([{ ...webhook, sendResolved: false }], timing);
const prompt = routingTo([webhook], { ...timing, groupWaitMs: 0 });
const two = routingTo([webhook, { ...webhook, name: "webhook/1" }], { ...timing, groupWaitMs: 0 });

const generatorUrl = ({ labels: of }: Transition): string => `link/${labelValue(of, "alertname")}`;

function setupWith(routing: Routing, alertsPerNotification = 1000): NotifierSetup {
  return { routing, externalUrl: "http://naruko", generatorUrl, limits: { alertsPerNotification } };
}

function transition(name: string, state: Transition["state"], at: number): Transition {
  return {
    at: epochMs(at),
    state,
    labels: labels({ alertname: name, service: "chat" }),
    annotations: labels({ summary: `${name} is bad` }),
    value: Number.NaN,
    startsAt: epochMs(at - 60_000),
    group: "g",
    file: "f",
  };
}

const outcomes: Readonly<Record<string, Outcome>> = {
  ok: { ok: true },
  fail: { ok: false, retry: true, reason: "503" },
  refuse: { ok: false, retry: false, reason: "401" },
};

function show(delivery: Delivery): string {
  const names = delivery.alerts.map((alert) => {
    const name = labelValue(alert.labels, "alertname");
    return alert.status === "firing" ? name : `-${name}`;
  });
  const where = delivery.integration === "webhook/0" ? "" : `${delivery.integration} `;
  const more = delivery.truncatedAlerts > 0 ? ` +${delivery.truncatedAlerts}` : "";
  const attempt = delivery.attempt > 1 ? ` #${delivery.attempt}` : "";
  return `${where}${delivery.reason} ${names.join(",")}${more}${attempt}`;
}

/**
 * Runs one line a tick, `TIME EVENT… -> DELIVERY; …`. Events: `+A` fires, `-A` resolves, `~A` is
 * pending; `ok`, `fail` and `refuse` answer what was under way before the tick; at the end of the
 * line they answer what the tick sent, and `hang` does not.
 */
class Script {
  private notifier: Notifier;
  private readonly setup: NotifierSetup;
  readonly restartAlways: boolean;

  constructor(setup: NotifierSetup, restartAlways: boolean) {
    this.setup = setup;
    this.restartAlways = restartAlways;
    this.notifier = new Notifier(setup);
  }

  run(line: string): void {
    const [left = "", right = ""] = line.split("->");
    const [time = "", ...words] = left.trim().split(/\s+/);
    const at = epochMs(START + (parseDuration(time) ?? Number.NaN));
    for (const word of words) {
      const answer = outcomes[word];
      if (answer !== undefined) this.answer(answer);
      const state = { "+": "firing", "-": "resolved", "~": "pending" }[word.charAt(0)];
      if (state !== undefined) {
        this.notifier.take([transition(word.slice(1), state as Transition["state"], at)], at);
      }
    }
    this.restart();
    const sent = this.notifier.due(at);
    const [expected = "", how = "ok"] = right.split("|").map((part) => part.trim());
    assert.equal(sent.map(show).join("; "), expected, line);
    this.restart();
    assert.deepEqual(this.notifier.due(at), [], "a tick asks for each message once");
    const answer = outcomes[how];
    if (answer !== undefined) this.answer(answer);
    this.restart();
  }

  private answer(outcome: Outcome): void {
    for (const { key } of this.notifier.outstanding()) {
      assert.equal(this.notifier.settle(key, outcome), "settled");
      assert.equal(this.notifier.settle(key, outcome), "unknown");
    }
  }

  private restart(): void {
    if (!this.restartAlways) return;
    const saved = JSON.parse(JSON.stringify(this.notifier.save())) as SavedNotifier;
    const outstanding = this.notifier.outstanding();
    this.notifier = new Notifier(this.setup, saved);
    assert.deepEqual(this.notifier.outstanding(), outstanding);
  }
}

const scripts: readonly (readonly [string, Routing, readonly string[]])[] = [
  [
    "the first message waits for group_wait, and tells all that fires by then",
    usual,
    ["0s +A ->", "15s +B ->", "30s -> first A,B", "45s ->", "90s ->"],
  ],
  ["group_wait 0s tells in the same tick", prompt, ["0s +A -> first A"]],
  ["a pending alert is told to nobody", prompt, ["0s ~A ->", "60s ->", "600s ->"]],
  [
    "an alert that ends before the first message is never told",
    usual,
    ["0s +A ->", "15s -A ->", "30s ->", "90s ->", "400s ->"],
  ],
  [
    "an alert that ends before the first message is left out of it",
    usual,
    ["0s +A +B ->", "15s -A ->", "30s -> first B", "90s ->"],
  ],
  [
    "an alert that flaps within group_wait keeps the group's timer",
    usual,
    ["0s +A ->", "15s -A ->", "20s +A ->", "30s -> first A"],
  ],
  [
    "what comes later waits for group_interval",
    prompt,
    ["0s +A -> first A", "15s +B ->", "60s -> new-alerts A,B", "120s ->"],
  ],
  [
    "an end waits for group_interval and is told once",
    prompt,
    ["0s +A +B -> first A,B", "15s -A ->", "60s -> some-resolved B,-A", "120s ->", "180s ->"],
  ],
  [
    "the last end closes the group, and the next fire opens another",
    prompt,
    ["0s +A -> first A", "15s -A ->", "60s -> all-resolved -A", "75s +A -> first A"],
  ],
  [
    "a fire and an end at one flush are told together",
    prompt,
    ["0s +A -> first A", "15s -A +B ->", "60s -> new-alerts B,-A", "120s ->"],
  ],
  [
    "an alert that ends and fires again between two messages is no news",
    prompt,
    ["0s +A -> first A", "15s -A ->", "30s +A ->", "60s ->"],
  ],
  [
    "an alert that fires again after its end was perhaps read is news",
    prompt,
    [
      "0s +A -> first A",
      "60s -A -> all-resolved -A | fail",
      "70s +A ->",
      "75s -> first A",
      "135s ->",
    ],
  ],
  [
    "after one end was perhaps read, the others are as they were told",
    prompt,
    [
      "0s +A +B -> first A,B",
      "60s -A -> some-resolved B,-A | fail",
      "70s +A ->",
      "75s -> new-alerts A,B",
      "135s ->",
    ],
  ],
  [
    "an alert that fires and ends between two messages is no news",
    prompt,
    ["0s +A -> first A", "15s +B ->", "30s -B ->", "60s ->", "120s ->"],
  ],
  [
    "an unchanged group repeats after repeat_interval",
    prompt,
    ["0s +A -> first A", "240s ->", "300s -> repeat-due A", "540s ->", "600s -> repeat-due A"],
  ],
  [
    "a change starts repeat_interval anew",
    prompt,
    ["0s +A -> first A", "240s +B -> new-alerts A,B", "480s ->", "540s -> repeat-due A,B"],
  ],
  [
    "ends are not told where nobody asked for them",
    quiet,
    ["0s +A +B ->", "30s -> first A,B", "60s -A ->", "90s ->", "105s -B ->", "150s ->", "210s ->"],
  ],
  [
    "where ends are not told, a second fire is news",
    quiet,
    [
      "0s +A +B ->",
      "30s -> first A,B",
      "60s -A ->",
      "90s ->",
      "105s +A ->",
      "150s -> new-alerts A,B",
    ],
  ],
  [
    "two rules with the same labels: the alert ends with the second",
    prompt,
    ["0s +A +A -> first A", "60s -A ->", "120s -A -> all-resolved -A"],
  ],
  ["an end without a fire is ignored", prompt, ["0s -A ->", "60s ->"]],
  [
    "a failed message is tried again under its key, with doubling waits up to 5 min",
    prompt,
    [
      "0s +A -> first A | fail",
      "15s -> first A #2 | fail",
      "30s ->",
      "45s -> first A #3 | fail",
      "90s ->",
      "105s -> first A #4 | fail",
      "210s ->",
      "225s -> first A #5 | fail",
      "450s ->",
      "465s -> first A #6 | fail",
      "750s ->",
      "765s -> first A #7",
      "780s ->",
    ],
  ],
  [
    "what changed meanwhile is told under another key at the next flush",
    prompt,
    [
      "0s +A -> first A | fail",
      "15s -> first A #2 | fail",
      "30s +B ->",
      "45s -> first A,B | fail",
      "60s ->",
      "105s -> first A,B #2",
    ],
  ],
  [
    "a change does not wait for the next try",
    prompt,
    [
      "0s +A -> first A | fail",
      "15s -> first A #2 | fail",
      "45s -> first A #3 | fail",
      "60s +B -> first A,B",
    ],
  ],
  [
    "an alert whose message may have been read is told to have ended",
    prompt,
    ["0s +A -> first A | fail", "15s -A -> all-resolved -A", "60s ->"],
  ],
  [
    "where ends are not wanted, a failed message of an ended alert is given up",
    routingTo([{ ...webhook, sendResolved: false }], { ...timing, groupWaitMs: 0 }),
    ["0s +A -> first A | fail", "15s -A ->", "60s ->", "600s ->"],
  ],
  [
    "a refused message is not tried again before a repeat is due",
    prompt,
    [
      "0s +A -> first A | refuse",
      "15s ->",
      "60s ->",
      "240s ->",
      "300s -> first A | refuse",
      "360s ->",
      "600s -> first A",
      "660s ->",
    ],
  ],
  [
    "a refused message is followed by one with what changed",
    prompt,
    ["0s +A -> first A | refuse", "15s +B ->", "60s -> first A,B", "120s ->"],
  ],
  [
    "what was refused is tried again after the group changed and changed back",
    quiet,
    [
      "0s +A ->",
      "30s -> first A | refuse",
      "45s +B ->",
      "90s -> first A,B | fail",
      "100s -B ->",
      "120s -> first A",
    ],
  ],
  [
    "a refused end is told to nobody",
    prompt,
    [
      "0s +A -> first A",
      "60s -A -> all-resolved -A | refuse",
      "120s ->",
      "600s ->",
      "615s +A -> first A",
    ],
  ],
  [
    "while a message is under way nothing else leaves; a missed flush is made up for",
    prompt,
    [
      "0s +A -> first A | hang",
      "30s +B -> | hang",
      "60s -> | hang",
      "75s -> | hang",
      "90s ok -> new-alerts A,B",
    ],
  ],
  [
    "an answer that comes late counts from when the message was due",
    prompt,
    ["0s +A -> first A | hang", "60s fail -> first A #2", "120s ->"],
  ],
  [
    "each integration has its own memory",
    two,
    [
      "0s +A -> first A; webhook/1 first A | ok",
      "60s -A -> all-resolved -A; webhook/1 all-resolved -A | fail",
      "75s -> all-resolved -A #2; webhook/1 all-resolved -A #2",
      "120s ->",
    ],
  ],
  [
    "a receiver without integrations is delivered to all the same",
    DEFAULT_ROUTING,
    ["0s +A ->", "30s -> none first A", "330s -A -> none all-resolved -A"],
  ],
];

for (const [name, routing, lines] of scripts) {
  for (const restartAlways of [false, true]) {
    test(`${name}${restartAlways ? ", with restarts" : ""}`, () => {
      const script = new Script(setupWith(routing), restartAlways);
      for (const line of lines) script.run(line);
    });
  }
}

test("alerts beyond the limit are counted, ends before fires, and none is news later", () => {
  const script = new Script(setupWith(prompt, 2), true);
  for (const line of [
    "0s +A +B +C -> first A,B +1",
    "60s -A -> some-resolved B,C +1",
    "120s -B -C -> all-resolved -B,-C",
    "180s ->",
  ]) {
    script.run(line);
  }
});

function firstOfThree(maxAlerts: number): string | undefined {
  const notifier = new Notifier(
    setupWith(routingTo([{ ...webhook, maxAlerts }], { groupWaitMs: 0 }), 2),
  );
  const at = epochMs(START);
  notifier.take(
    ["A", "B", "C"].map((name) => transition(name, "firing", at)),
    at,
  );
  return notifier.due(at).map(show)[0];
}

test("an integration's own limit may only be stricter", () => {
  assert.equal(firstOfThree(0), "first A,B +1");
  assert.equal(firstOfThree(1), "first A +2");
  assert.equal(firstOfThree(9), "first A,B +1");
});

test("a message says what its alerts share", () => {
  const root = { ...timing, groupWaitMs: 0, groupBy: ["service"] };
  const notifier = new Notifier(setupWith(routingTo([webhook], root)));
  const at = epochMs(START);
  notifier.take([transition("A", "firing", at), transition("B", "firing", at)], at);
  const [delivery] = notifier.due(at);
  assert.ok(delivery);
  assert.deepEqual(delivery.groupLabels, labels({ service: "chat" }));
  assert.deepEqual(delivery.commonLabels, labels({ service: "chat" }));
  assert.deepEqual(delivery.commonAnnotations, NO_LABELS);
  assert.equal(delivery.groupKey, '{}:{service="chat"}');
  assert.equal(delivery.alerts[0]?.startsAt, at, "an alert starts when it fires, not when pending");
  assert.equal(delivery.alerts[0].generatorUrl, "link/A");
});

test("what became of every message is counted and shown", () => {
  const notifier = new Notifier(setupWith(prompt));
  const at = epochMs(START);
  notifier.take([transition("A", "firing", at)], at);
  const [first] = notifier.due(at);
  notifier.settle(first?.key ?? "", outcomes["fail"] ?? { ok: true });
  const [view] = notifier.views();
  assert.deepEqual(view?.integrations, [
    {
      name: "webhook/0",
      toldAt: undefined,
      underWay: false,
      retryAt: START + 15_000,
      failures: 1,
      lastFailure: "503",
    },
  ]);
  const [second] = notifier.due(epochMs(START + 15_000));
  assert.equal(second?.key, first?.key);
  notifier.settle(second?.key ?? "", { ok: true });
  const receiver = { receiver: "pager", integration: "webhook/0" };
  assert.deepEqual(notifier.deliveryCounts(), [
    { ...receiver, delivered: 1, failed: 1, refused: 0 },
  ]);
});

function firstKeyAt(at: number): string | undefined {
  const notifier = new Notifier(setupWith(prompt));
  notifier.take([transition("A", "firing", at)], epochMs(at));
  return notifier.due(epochMs(at))[0]?.key;
}

test("keys are the same in a replay, and differ between data directories", () => {
  assert.equal(firstKeyAt(START), firstKeyAt(START));
  assert.notEqual(firstKeyAt(START), firstKeyAt(START + 15_000));
  assert.match(firstKeyAt(START) ?? "", /^[0-9a-f]{16}$/);
});

/** Alerts `A` from 0 s and `B` from 15 s in groups of their own, not told to anybody yet. */
function twoGroups(): Notifier {
  const notifier = new Notifier(setupWith(routingTo([webhook], { ...timing, groupBy: "all" })));
  // In this order the later alert is sorted into its new group first.
  notifier.take([transition("B", "firing", START + 15_000)], epochMs(START + 15_000));
  notifier.take([transition("A", "firing", START)], epochMs(START + 15_000));
  return notifier;
}

const reloads: readonly (readonly [string, Routing, readonly string[]])[] = [
  ["the same routing changes no timer", routingTo([webhook], { ...timing, groupBy: "all" }), []],
  [
    "an alert that has waited long enough is told at once in its new group",
    routingTo([webhook], { ...timing, groupWaitMs: 20_000 }),
    ["first A,B"],
  ],
  ["one that has not waits on", routingTo([webhook], { ...timing, groupWaitMs: 21_000 }), []],
];
for (const [name, routing, sent] of reloads) {
  test(`reload: ${name}`, () => {
    const notifier = twoGroups();
    const at = epochMs(START + 20_000);
    notifier.reload(setupWith(routing), at);
    assert.deepEqual(notifier.due(at).map(show), sent);
  });
}

test("reload: what was told stays told, and its end is told under the new routing", () => {
  const script = setupWith(prompt);
  const notifier = new Notifier(script);
  notifier.take([transition("A", "firing", START)], epochMs(START));
  const [first] = notifier.due(epochMs(START));
  notifier.reload(setupWith(two), epochMs(START + 10_000));
  assert.deepEqual(notifier.outstanding(), [first], "its outcome is still waited for");
  assert.equal(notifier.settle(first?.key ?? "", { ok: true }), "settled");
  const at = epochMs(START + 60_000);
  notifier.take([transition("A", "resolved", at)], at);
  assert.deepEqual(notifier.due(at).map(show), ["all-resolved -A"]);
});

test("reload: another receiver is told from the start, and old outcomes are nobody's", () => {
  const notifier = new Notifier(setupWith(prompt));
  notifier.take([transition("A", "firing", START)], epochMs(START));
  const [first] = notifier.due(epochMs(START));
  const at = epochMs(START + 15_000);
  notifier.reload(setupWith(DEFAULT_ROUTING), at);
  assert.equal(notifier.settle(first?.key ?? "", { ok: true }), "unknown");
  assert.deepEqual(notifier.due(epochMs(START + 30_000)).map(show), ["none first A"]);
});
