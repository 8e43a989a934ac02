import assert from "node:assert/strict";
import test from "node:test";
import type { Input } from "@naruko/core/model/engine-io";
import type { Outcome } from "@naruko/core/model/outcome";
import { epochMs } from "@naruko/core/model/time";
import type { Clock } from "./clock.ts";
import { CommitQueue } from "./commit-queue.ts";
import { EventTime } from "./event-time.ts";

const NO_TELEMETRY = {
  kind: "telemetry",
  telemetry: { calls: [], points: [], evaluations: [] },
} as const;
const OUTCOME = { kind: "outcome", delivery: "d1", outcome: { ok: true } } as const;

/** A queue over a disk that can be told to fail; retries run as soon as `letRetry` is called. */
function queueAt(startS: number, queueBytes = 1000, lastTickS = Math.floor(startS / 15) * 15) {
  let nowMs = startS * 1000;
  let waiting: (() => void)[] = [];
  const clock: Clock = {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    after: (_delayMs, run) => {
      waiting.push(run);
      return () => undefined;
    },
  };
  const committed: Input[] = [];
  const faults: (string | undefined)[] = [];
  let diskFails = false;
  const queue = new CommitQueue({
    clock,
    time: new EventTime(clock, epochMs(0)),
    intervalMs: 15_000,
    queueBytes,
    lastSeq: 0,
    lastTick: epochMs(lastTickS * 1000),
    commit: () =>
      Promise.resolve<Outcome>(
        diskFails ? { ok: false, retry: true, reason: "disk full" } : { ok: true },
      ),
    committed: (entries) => {
      for (const { input, settle } of entries) {
        committed.push(input);
        settle({ ok: true });
      }
    },
    faulted: (reason) => faults.push(reason),
  });
  return {
    queue,
    faults,
    at: (s: number) => (nowMs = s * 1000),
    failing: (fails: boolean) => (diskFails = fails),
    letRetry: async () => {
      // Let the failing commit reach its wait before the wait is ended.
      await new Promise(setImmediate);
      const due = waiting;
      waiting = [];
      for (const run of due) run();
      await new Promise(setImmediate);
    },
    seen: () =>
      committed.map((input) =>
        input.kind === "gap"
          ? `gap ${input.from / 1000}-${input.to / 1000}`
          : `${input.kind}@${input.at / 1000}`,
      ),
    seqs: () => committed.map(({ seq }) => seq),
  };
}

test("a tick comes after inputs of its own millisecond and before later ones", async () => {
  const { queue, at, seen } = queueAt(7);
  void queue.submit(NO_TELEMETRY, 1);
  at(15);
  void queue.submit(NO_TELEMETRY, 1);
  at(15.001);
  await queue.submit(NO_TELEMETRY, 1);
  assert.deepEqual(seen(), ["telemetry@7", "telemetry@15", "tick@15", "telemetry@15.001"]);
});

test("the pulse enqueues a tick that nothing else announced, and says when the next is due", async () => {
  const { queue, at, seen } = queueAt(14);
  assert.equal(queue.pulse(), 1001);
  at(15.5);
  assert.equal(queue.pulse(), 14_501);
  await queue.drained();
  assert.deepEqual(seen(), ["tick@15"]);
});

test("a stop that skips a tick is a gap, and ticks go on after it", async () => {
  const { queue, at, seen } = queueAt(1);
  at(100);
  queue.pulse();
  at(106);
  queue.pulse();
  await queue.drained();
  assert.deepEqual(seen(), ["gap 0-100", "tick@105"]);
});

test("a gap right after another begins at its end", async () => {
  const { queue, at, seen } = queueAt(1);
  at(100);
  queue.pulse();
  at(200);
  queue.pulse();
  at(206);
  await queue.submit(NO_TELEMETRY, 1);
  at(211);
  queue.pulse();
  await queue.drained();
  assert.deepEqual(seen(), ["gap 0-100", "gap 100-200", "telemetry@206", "tick@210"]);
});

test("a start after a gap ticks at multiples of the interval, and doubles no time in a gap", async () => {
  const soon = queueAt(101, 1000, 100);
  soon.at(106);
  soon.queue.pulse();
  await soon.queue.drained();
  assert.deepEqual(soon.seen(), ["tick@105"]);
  const late = queueAt(300, 1000, 100);
  late.queue.pulse();
  await late.queue.drained();
  assert.deepEqual(late.seen(), ["gap 100-300"]);
});

test("a full queue refuses telemetry at once, and nothing else", async () => {
  const { queue } = queueAt(1, 10);
  const first = queue.submit(NO_TELEMETRY, 9);
  assert.deepEqual(await queue.submit(NO_TELEMETRY, 2), {
    ok: false,
    retry: true,
    reason: "too much is waiting to be written (limit queueBytes)",
  });
  assert.deepEqual(await queue.submit(OUTCOME, 2), { ok: true });
  assert.deepEqual(await first, { ok: true });
});

test("a failed commit refuses telemetry, keeps outcomes, and turns missed ticks into one gap", async () => {
  const { queue, at, failing, letRetry, seen, seqs, faults } = queueAt(1);
  failing(true);
  const refused = queue.submit(NO_TELEMETRY, 1);
  const kept = queue.submit(OUTCOME, 1);
  assert.deepEqual(await refused, { ok: false, retry: true, reason: "disk full" });
  for (const s of [16, 31, 46]) {
    at(s);
    queue.pulse();
    await letRetry();
  }
  failing(false);
  await letRetry();
  assert.deepEqual(await kept, { ok: true });
  assert.deepEqual(seen(), ["outcome@1", "gap 0-45"]);
  assert.deepEqual(faults, ["disk full", undefined]);
  at(61);
  queue.pulse();
  await queue.drained();
  assert.deepEqual(seen().at(-1), "tick@60");
  assert.deepEqual(
    seqs(),
    seqs().toSorted((a, b) => a - b),
  );
});

test("one tick that is committed late is still that tick", async () => {
  const { queue, at, failing, letRetry, seen } = queueAt(1);
  failing(true);
  at(16);
  queue.pulse();
  await letRetry();
  failing(false);
  await letRetry();
  await queue.drained();
  assert.deepEqual(seen(), ["tick@15"]);
});
