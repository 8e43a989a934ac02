import type { Engine } from "@naruko/core/engine/engine";
import { canonicalMetricName } from "@naruko/core/normalize/metric-names";
import { InputError } from "@naruko/core/model/input-error";
import { METRIC_NAME } from "@naruko/core/model/labels";
import type { Limits } from "@naruko/core/model/limits";
import { compileMatchers } from "@naruko/core/model/matcher";
import type { ChunkRow } from "@naruko/core/model/engine-io";
import type { Reader } from "@naruko/core/model/reader";
import { epochMs } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { evaluate } from "@naruko/core/promql/evaluate";
import type { QueryResult } from "@naruko/core/promql/evaluate";
import { parse } from "@naruko/core/promql/parser";
import { DEFAULT_LOOKBACK_MS, plan } from "@naruko/core/promql/plan";
import type { SelectorRead } from "@naruko/core/promql/plan";
import { overlay } from "@naruko/core/store/overlay";
import type { Disk } from "../disk/disk.ts";

/** When a query is evaluated; `stepMs` 0 is an instant query, for which `from` equals `to`. */
export type QuerySpan = {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly stepMs: number;
  readonly lookbackMs?: number;
};

export type QuerySources = {
  readonly engine: Engine;
  readonly disk: Pick<Disk, "chunks" | "series">;
  readonly limits: Limits;
  readonly now: () => EpochMs;
  /** For the time limit of a query: milliseconds that never go back. */
  readonly monotonicMs: () => number;
};

/** The query ran longer than it may. */
export class QueryTimeout extends Error {
  override readonly name = "QueryTimeout";
}

/**
 * Answers a PromQL query over memory and, where it reaches further back, over the chunks on disk.
 * Pauses every so many samples, so that telemetry is taken and rules are evaluated meanwhile.
 *
 * @throws InputError (bad expression, limits), QueryTimeout, Error when the disk cannot be read
 */
export async function runQuery(
  text: string,
  span: QuerySpan,
  sources: QuerySources,
  timeoutMs: number = sources.limits.queryMs,
): Promise<QueryResult> {
  const { limits } = sources;
  if (timeoutMs <= 0) throw new QueryTimeout("the query was given no time");
  const deadline = sources.monotonicMs() + timeoutMs;
  const options = { ...span, lookbackMs: span.lookbackMs ?? DEFAULT_LOOKBACK_MS };
  const planned = plan(parse(text, { limits }), { ...options, canonicalName: canonicalMetricName });
  const reader = await readerFor(planned.reads, sources);
  const work = evaluate(planned.expr, reader, { ...options, limits, purpose: "query" });
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (sources.monotonicMs() > deadline) {
      throw new QueryTimeout(`the query took longer than ${timeoutMs} ms (limit queryMs)`);
    }
    await new Promise(setImmediate);
  }
}

/** Memory as it is, with the values of this moment, over what only the disk has. */
export async function readerFor(
  reads: readonly Pick<SelectorRead, "matchers" | "from" | "to">[],
  { engine, disk, limits, now }: QuerySources,
): Promise<Reader> {
  const memoryFrom = engine.memoryFrom();
  const chunks = new Map<string, ChunkRow>();
  for (const { matchers, from, to } of reads) {
    if (from >= memoryFrom) continue;
    const name = matchers.find((one) => one.name === METRIC_NAME && one.op === "=")?.value;
    const read = await disk.chunks({
      ...(name === undefined ? {} : { metric: name }),
      matches: compileMatchers(matchers),
      from,
      to: to < memoryFrom ? to : memoryFrom,
      samples: limits.querySamples,
    });
    if (!read.ok) throw new InputError("promql", read.reason);
    for (const row of read.value) chunks.set(`${row.labels.key}${row.from}`, row);
  }
  // A query for this very moment was stamped some milliseconds ago: the values of now are its own.
  const latest = Math.max(...reads.map(({ to }) => to));
  const reader = engine.readerAt(epochMs(Math.min(now(), latest)));
  return chunks.size === 0 ? reader : overlay(reader, [...chunks.values()]);
}
