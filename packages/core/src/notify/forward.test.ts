import assert from "node:assert/strict";
import test from "node:test";
import { parseDuration } from "../model/duration.ts";
import type { Transition } from "../model/engine-io.ts";
import { labels, labelValue, NO_LABELS } from "../model/labels.ts";
import type { Outcome } from "../model/outcome.ts";
import { epochMs, type EpochMs } from "../model/time.ts";
import { Forwarder, type ForwarderSetup, type Post, type SavedForwarder } from "./forward.ts";

const START = 1_790_000_000_000;
const one: ForwarderSetup = { alertmanagers: ["am"], intervalMs: 15_000, generatorUrl: () => "" };
const slow: ForwarderSetup = { ...one, intervalMs: 120_000 };
const two: ForwarderSetup = { ...one, alertmanagers: ["am", "bm"] };

function transition(name: string, state: Transition["state"], at: EpochMs): Transition {
  const rest = { annotations: NO_LABELS, value: Number.NaN, startsAt: at, group: "g", file: "f" };
  return { at, state, labels: labels({ alertname: name }), ...rest };
}

/** `am A<240 -B<0`: to whom, and of each alert in how many seconds it ends; `-` where it has. */
function show(post: Post): string {
  const alerts = post.alerts.map((alert) => {
    const seconds = ((alert.endsAt ?? Number.NaN) - post.at) / 1000;
    const sign = alert.status === "firing" ? "" : "-";
    return `${sign}${labelValue(alert.labels, "alertname")}<${seconds}`;
  });
  return `${post.alertmanager} ${alerts.join(" ")}`;
}

const FAILED: Outcome = { ok: false, retry: true, reason: "refused connection" };

/** One line a tick, `TIME EVENT… -> POST; … | ok, fail or hang`; `ok` first answers what hangs. */
function run(setup: ForwarderSetup, lines: readonly string[], restarts: boolean): void {
  let forwarder = new Forwarder(setup);
  const restart = (): void => {
    if (!restarts) return;
    const before = forwarder.outstanding();
    const saved = JSON.parse(JSON.stringify(forwarder.save())) as SavedForwarder;
    forwarder = new Forwarder(setup, saved);
    assert.deepEqual(forwarder.outstanding(), before);
  };
  const answer = (outcome: Outcome): void => {
    for (const { key } of forwarder.outstanding()) {
      assert.equal(forwarder.settle(key, outcome), "settled");
      assert.equal(forwarder.settle(key, outcome), "unknown");
    }
  };
  for (const line of lines) {
    const [left = "", right = ""] = line.split("->");
    const [time = "", ...words] = left.trim().split(/\s+/);
    const at = epochMs(START + (parseDuration(time) ?? Number.NaN));
    for (const word of words) {
      const state = { "+": "firing", "-": "resolved", "~": "pending" }[word.charAt(0)];
      if (state === undefined) answer({ ok: true });
      else forwarder.take([transition(word.slice(1), state as Transition["state"], at)]);
    }
    restart();
    const [expected = "", how = "ok"] = right.split("|").map((part) => part.trim());
    assert.equal(forwarder.due(at).map(show).join("; "), expected, line);
    restart();
    if (how !== "hang") answer(how === "ok" ? { ok: true } : FAILED);
    restart();
  }
}

const scripts: readonly (readonly [string, ForwarderSetup, readonly string[]])[] = [
  [
    "a firing alert is posted at once and every minute, ending 4 minutes ahead",
    one,
    ["0s +A -> am A<240", "15s ->", "45s ->", "60s -> am A<240", "120s -> am A<240"],
  ],
  ["a longer interval sets the end further ahead", slow, ["0s +A -> am A<480"]],
  ["a pending alert is not posted", one, ["0s ~A ->", "60s ->"]],
  [
    "an end is posted at once and each minute for 15 minutes",
    one,
    [
      "0s +A -> am A<240",
      "15s -A -> am -A<0",
      "30s ->",
      "75s -> am -A<-60",
      "915s -> am -A<-900",
      "990s ->",
    ],
  ],
  [
    "an alert that fires again is posted at once",
    one,
    ["0s +A -> am A<240", "15s -A -> am -A<0", "30s +A -> am A<240"],
  ],
  [
    "each alert has its own minute",
    one,
    ["0s +A -> am A<240", "30s +B -> am B<240", "60s -> am A<240", "90s -> am B<240"],
  ],
  [
    "what a failed post held is due at the next tick",
    one,
    ["0s +A -> am A<240 | fail", "15s +B -> am A<240 B<240", "30s ->"],
  ],
  [
    "while a post hangs nothing overtakes it",
    one,
    ["0s +A -> am A<240 | hang", "15s -A -> | hang", "30s ok -> am -A<-15"],
  ],
  [
    "two rules with the same labels: the alert ends with the second",
    one,
    ["0s +A +A -> am A<240", "15s -A ->", "30s -A -> am -A<0"],
  ],
  ["every Alertmanager is posted to", two, ["0s +A -> am A<240; bm A<240", "15s ->"]],
];
for (const [name, setup, lines] of scripts) {
  test(name, () => run(setup, lines, false));
  test(`${name}, with restarts`, () => run(setup, lines, true));
}

test("one Alertmanager that fails holds up no other, and is counted", () => {
  const forwarder = new Forwarder(two);
  forwarder.take([transition("A", "firing", epochMs(START))]);
  for (const post of forwarder.due(epochMs(START))) {
    forwarder.settle(post.key, post.alertmanager === "am" ? FAILED : { ok: true });
  }
  assert.deepEqual(forwarder.due(epochMs(START + 15_000)).map(show), ["am A<240"]);
  assert.deepEqual(forwarder.postCounts(), [
    { alertmanager: "am", posted: 0, failed: 1, lastFailure: "refused connection" },
    { alertmanager: "bm", posted: 1, failed: 0, lastFailure: undefined },
  ]);
});

test("many alerts are split over posts, each with a key of its own", () => {
  const forwarder = new Forwarder(one);
  const at = epochMs(START);
  forwarder.take(Array.from({ length: 600 }, (_, i) => transition(`A${i}`, "firing", at)));
  const posts = forwarder.due(at);
  assert.deepEqual(
    posts.map((post) => post.alerts.length),
    [256, 256, 88],
  );
  assert.equal(new Set(posts.map((post) => post.key)).size, 3);
});

test("a reload keeps what an Alertmanager was posted, and tells another one everything", () => {
  const forwarder = new Forwarder(one);
  const at = epochMs(START);
  forwarder.take([transition("A", "firing", at)]);
  for (const { key } of forwarder.due(at)) forwarder.settle(key, { ok: true });
  forwarder.reload(two);
  assert.deepEqual(forwarder.due(epochMs(START + 15_000)).map(show), ["bm A<240"]);
});

test("an ended alert is forgotten in the end", () => {
  const forwarder = new Forwarder(one);
  const empty = forwarder.save();
  for (const state of ["firing", "resolved"] as const) {
    forwarder.take([transition("A", state, epochMs(START))]);
    for (const { key } of forwarder.due(epochMs(START))) forwarder.settle(key, { ok: true });
  }
  assert.notDeepEqual(forwarder.save(), empty);
  assert.deepEqual(forwarder.due(epochMs(START + 15 * 60_000 + 1)), []);
  const { alerts, peers } = forwarder.save();
  assert.deepEqual([alerts, peers[0]?.posted], [[], []]);
});
