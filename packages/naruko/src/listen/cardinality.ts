import type { Labels } from "@naruko/core/model/labels";
import { METRIC_NAME } from "@naruko/core/model/labels";
import { epochMs } from "@naruko/core/model/time";
import { inTurns, untilEnded } from "../drive/query.ts";
import type { ApiRequest } from "./api-call.ts";

type Row = { readonly name: string; readonly value: number };

const LABELS_A_TURN = 2048;

/** Which metrics and labels the series in memory have, the most numerous first. */
export async function cardinality(request: ApiRequest, limit: number): Promise<object> {
  const { engine, now } = request.options;
  const goOn = untilEnded(request.options, request);
  const all = await inTurns(engine.findSeries([], epochMs(0), now()), goOn);
  const counted = await inTurns(counting(all), goOn);
  const { chunks, from, to } = engine.storeStats();
  return {
    headStats: {
      numSeries: all.length,
      numLabelPairs: counted.pairs.size,
      chunkCount: chunks,
      minTime: from,
      maxTime: to,
    },
    seriesCountByMetricName: most(counted.metrics, limit),
    labelValueCountByLabelName: most(counted.values, limit),
    memoryInBytesByLabelName: most(counted.bytes, limit),
    seriesCountByLabelValuePair: most(counted.pairs, limit),
  };
}

type Counted = {
  readonly metrics: Map<string, number>;
  readonly values: Map<string, number>;
  readonly bytes: Map<string, number>;
  readonly pairs: Map<string, number>;
};

function* counting(all: readonly Labels[]): Generator<undefined, Counted> {
  const counted: Counted = {
    metrics: new Map(),
    values: new Map(),
    bytes: new Map(),
    pairs: new Map(),
  };
  for (const [i, { pairs }] of all.entries()) {
    for (let at = 0; at < pairs.length; at += 2)
      count(counted, pairs[at] ?? "", pairs[at + 1] ?? "");
    if (i % LABELS_A_TURN === LABELS_A_TURN - 1) yield;
  }
  return counted;
}

function count({ metrics, values, bytes, pairs }: Counted, name: string, value: string): void {
  if (name === METRIC_NAME) add(metrics, value, 1);
  const pair = `${name}=${value}`;
  if (!pairs.has(pair)) {
    add(values, name, 1);
    // Each text is in memory once, two bytes a code unit at most.
    add(bytes, name, 2 * value.length);
  }
  add(pairs, pair, 1);
}

function add(to: Map<string, number>, name: string, by: number): void {
  to.set(name, (to.get(name) ?? 0) + by);
}

function most(counts: ReadonlyMap<string, number>, limit: number): Row[] {
  const rows = [...counts].map(([name, value]) => ({ name, value }));
  return rows.toSorted((a, b) => b.value - a.value).slice(0, limit);
}
