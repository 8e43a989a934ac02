import assert from "node:assert/strict";
import { LATE_MS } from "@naruko/core/engine/admission";
import type { Engine, EngineOptions } from "@naruko/core/engine/engine";
import type { Call } from "@naruko/core/model/call";
import type { ChunkRow, Input, Transition } from "@naruko/core/model/engine-io";
import { labelValue, METRIC_NAME } from "@naruko/core/model/labels";
import { isStale } from "@naruko/core/model/sample";
import { epochMs, MINUTE_MS } from "@naruko/core/model/time";
import { decodeAlone } from "@naruko/core/store/samples";
import { assertSame } from "./assert-same.ts";
import { comparable } from "./engine-state.ts";
import type { SentBatch } from "./exporter.ts";
import type { FaultyJudge } from "./faulty-judge.ts";
import type { Platter } from "./faulty-disk.ts";
import type { FaultyNetwork } from "./faulty-network.ts";
import { checkJudge, type CheckedJudge } from "./judge-invariants.ts";
import {
  checkBeliefs,
  checkDeliveries,
  checkTold,
  firingsOf,
  pagesWithCheck,
} from "./notification-invariants.ts";
import type { Random } from "./random.ts";
import { replayCommitted } from "./replay-committed.ts";
import type { Outputs } from "./replay-committed.ts";

/** What is left when a simulation has come to its end. */
export type Remains = {
  readonly platter: Platter;
  readonly network: FaultyNetwork;
  readonly judge: FaultyJudge;
  /** Of the server that runs at the end. */
  readonly engine: Engine;
  readonly options: EngineOptions;
  readonly batches: readonly SentBatch[];
  readonly random: Random;
};

/** How much was compared: an invariant that saw nothing shows nothing. */
export type Checked = {
  readonly inputs: number;
  readonly ticks: number;
  readonly gaps: number;
  readonly calls: number;
  readonly samples: number;
  readonly transitions: number;
  readonly firings: number;
  readonly deliveries: number;
  /** Deliveries that a receiver took more than once. */
  readonly duplicates: number;
  readonly posts: number;
  readonly chunkRestarts: number;
  /** Pages before which the judge was tried. */
  readonly pagesWithCheck: number;
  readonly judge: CheckedJudge;
};

const REPEAT_MS = 15 * MINUTE_MS;

/** @throws AssertionError for the first invariant that does not hold */
export function checkAll(remains: Remains): Checked {
  const { platter, engine, options, network, random } = remains;
  const inputs = platter.everCommitted;
  const replayed = replayCommitted(inputs, options);
  checkSame("live", remains, replayed);
  let chunkRestarts = 0;
  const chunked = replayCommitted(inputs, options, () => {
    const restarts = random.chance(1 / 400);
    if (restarts) chunkRestarts++;
    return restarts;
  });
  assertSameOutputs("replay in chunks", chunked, replayed);
  assertSameState("a replay in chunks", chunked.engine, replayed.engine);

  checkKeptCalls(remains);
  const series = storedSeries(platter, engine);
  checkCounts(platter, series);
  checkGauges(inputs, series);
  checkTransitionOrder(platter);
  checkDeliveries(network, replayed, inputs);
  const firings = firingsOf(platter);
  checkTold(firings, remains);
  checkBeliefs(remains);
  const transitions = [...platter.transitions.values()].flat();
  const taken = network.sent.filter(({ fate }) => fate === "taken");
  const delivered = taken.filter(({ to }) => to.includes("/"));
  return {
    inputs: inputs.length,
    ticks: inputs.filter(({ kind }) => kind === "tick").length,
    gaps: inputs.filter(({ kind }) => kind === "gap").length,
    calls: callsOf(platter).length,
    samples: [...series.values()].reduce((sum, { times }) => sum + times.length, 0),
    transitions: transitions.length,
    firings: firings.length,
    deliveries: delivered.length,
    duplicates: delivered.length - new Set(delivered.map(({ key }) => key)).size,
    posts: taken.length - delivered.length,
    chunkRestarts,
    pagesWithCheck: pagesWithCheck(network),
    judge: checkJudge(remains, replayed),
  };
}

/** The outputs on disk and the state of the engine are what the inputs make in one go. */
function checkSame(what: string, { platter, engine }: Remains, replayed: Outputs): void {
  const { telemetry, transitions, draws, chunks } = platter;
  assertSameOutputs(
    what,
    { telemetry, transitions, draws, chunks, deliveries: undefined, asks: undefined },
    replayed,
  );
  assertSameState(what, engine, replayed.engine);
}

function assertSameState(what: string, engine: Engine, replayed: Engine): void {
  assertSame(comparable(engine.save()), comparable(replayed.save()), `state of ${what}`);
}

function assertSameOutputs(
  what: string,
  outputs: Pick<Outputs, "telemetry" | "transitions" | "draws" | "chunks"> & {
    readonly deliveries: Outputs["deliveries"] | undefined;
    readonly asks: Outputs["asks"] | undefined;
  },
  replayed: Outputs,
): void {
  const { telemetry, transitions, draws, chunks, deliveries, asks } = replayed;
  assertSame(outputs.transitions, transitions, `transitions of ${what}`);
  assertSame(outputs.draws, draws, `draws of ${what}`);
  assertSame(outputs.chunks, chunks, `stored series of ${what}`);
  assertSame(outputs.telemetry, telemetry, `kept calls of ${what}`);
  if (outputs.deliveries === undefined) return;
  assertSame(outputs.deliveries, deliveries, `deliveries of ${what}`);
  assertSame(outputs.asks, asks, `requests to the judge of ${what}`);
}

type KeptRow = { readonly at: number; readonly call: Call };

function callsOf(platter: Platter): KeptRow[] {
  return [...platter.telemetry.values()].flatMap(({ at, telemetry }) =>
    telemetry.calls.map((call) => ({ at, call })),
  );
}

/** Every acknowledged call is kept once; of a wrapper and what it wraps, at least one is. */
function checkKeptCalls({ platter, batches }: Remains): void {
  const rows = new Map<string, number[]>();
  for (const { at, call } of callsOf(platter)) {
    rows.set(call.spanId, [...(rows.get(call.spanId) ?? []), at]);
  }
  const attempted = new Set<string>();
  for (const { telemetry, fate } of batches) {
    if (fate === "unsent") continue;
    const wrappers = new Map(telemetry.calls.map((call) => [call.parentSpanId, call.spanId]));
    for (const { spanId, parentSpanId } of telemetry.calls) {
      attempted.add(spanId);
      if (fate !== "acknowledged") continue;
      const nested = [parentSpanId, wrappers.get(spanId)];
      const isKept = [spanId, ...nested].some((id) => id !== undefined && rows.has(id));
      assert.ok(isKept, `the acknowledged call ${spanId} is not kept`);
    }
  }
  for (const [spanId, ats] of rows) {
    assert.ok(attempted.has(spanId), `the kept call ${spanId} was never sent`);
    for (let i = 1; i < ats.length; i++) {
      const apartMs = (ats[i] ?? 0) - (ats[i - 1] ?? 0);
      assert.ok(apartMs >= REPEAT_MS - 1000, `the call ${spanId} is kept twice`);
    }
  }
}

type StoredSeries = { readonly name: string; readonly times: number[]; readonly values: number[] };

/** All samples of all series: from disk, and from memory what is not sealed. Stale ones left out. */
function storedSeries(platter: Platter, engine: Engine): Map<string, StoredSeries> {
  const samples = new Map<string, { name: string; at: Map<number, number> }>();
  const add = (
    { labels }: Pick<ChunkRow, "labels">,
    times: Float64Array,
    values: Float64Array,
  ): void => {
    const known = samples.get(labels.key);
    const series = known ?? { name: labelValue(labels, METRIC_NAME), at: new Map() };
    samples.set(labels.key, series);
    for (const [i, time] of times.entries()) {
      if (!isStale(values, i)) series.at.set(time, values[i] ?? NaN);
    }
  };
  for (const chunk of platter.chunks.values()) {
    const decoded = decodeAlone(chunk);
    assert.ok(decoded !== undefined, "a stored chunk can be read");
    add(chunk, decoded.times, decoded.values);
  }
  for (const slice of engine.readerAt(epochMs(0)).select([], epochMs(0), epochMs(1e15))) {
    add(slice, slice.times, slice.values);
  }
  return new Map(
    [...samples].map(([key, { name, at }]) => {
      const sorted = [...at].toSorted(([a], [b]) => a - b);
      return [key, { name, times: sorted.map(([t]) => t), values: sorted.map(([, v]) => v) }];
    }),
  );
}

/** What the counters of calls rose by is what is kept, late calls left out. */
function checkCounts(platter: Platter, series: ReadonlyMap<string, StoredSeries>): void {
  const counted = callsOf(platter).filter(({ at, call }) => at - call.endAt <= LATE_MS);
  const total = (kind: Call["kind"]): number =>
    counted.reduce((sum, { call }) => sum + (call.kind === kind ? call.weight : 0), 0);
  const rise = (name: string): number =>
    [...series.values()].reduce((sum, one) => sum + (one.name === name ? riseOf(one) : 0), 0);
  assert.equal(rise("llm_operation_duration_seconds_count"), total("inference"), "counted calls");
  assert.equal(rise("gen_ai_execute_tool_duration_seconds_count"), total("tool"), "counted tools");
}

/** A fall is a series that began anew. */
function riseOf({ values }: StoredSeries): number {
  let before = 0;
  let rise = 0;
  for (const value of values) {
    rise += value >= before ? value - before : value;
    before = value;
  }
  return rise;
}

/** Every committed gauge within its window is a sample under its own time, and there are no others. */
function checkGauges(inputs: readonly Input[], series: ReadonlyMap<string, StoredSeries>): void {
  const newest = new Map<string, number>();
  const sent = new Map<string, Set<number>>();
  for (const input of inputs) {
    if (input.kind !== "telemetry") continue;
    for (const point of input.telemetry.points) {
      const { labels, at } = point;
      const stored = series.get(labels.key);
      if (point.type !== "gauge") continue;
      sent.set(labels.key, (sent.get(labels.key) ?? new Set()).add(at));
      const inOrder = at > (newest.get(labels.key) ?? -Infinity);
      const inWindow = at >= input.at - LATE_MS && at <= input.at + 2 * LATE_MS;
      if (!inOrder || !inWindow) continue;
      newest.set(labels.key, at);
      assert.ok(stored?.times.includes(at), `the sample at ${at} of ${labels.key} is not stored`);
    }
  }
  for (const [key, { name, times }] of series) {
    if (name !== "sim_queue_depth") continue;
    const known = sent.get(key);
    for (const time of times) assert.ok(known?.has(time), `nobody sent the sample at ${time}`);
  }
}

const AFTER: Readonly<Record<string, readonly Transition["state"][]>> = {
  none: ["pending", "firing"],
  pending: ["firing", "inactive"],
  inactive: ["pending", "firing"],
  firing: ["resolved"],
  resolved: ["pending", "firing"],
};

/** No transition is missing or there twice: each follows from the one before it. */
function checkTransitionOrder(platter: Platter): void {
  const states = new Map<string, string>();
  const rows = [...platter.transitions].toSorted(([a], [b]) => a - b);
  for (const { group, labels, state, at } of rows.flatMap(([, transitions]) => transitions)) {
    const key = `${group} ${labels.key}`;
    const before = states.get(key) ?? "none";
    assert.ok(AFTER[before]?.includes(state), `${key} goes from ${before} to ${state} at ${at}`);
    states.set(key, state);
  }
}
