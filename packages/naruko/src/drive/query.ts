import type { Engine } from "@naruko/core/engine/engine";
import { canonicalMetricName } from "@naruko/core/normalize/metric-names";
import type { Features } from "@naruko/core/model/features";
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
  /** What experimental parts of PromQL are on; where absent, those of the engine's configuration. */
  readonly features?: Features;
  readonly limits: Limits;
  readonly now: () => EpochMs;
  /** For the time limit of a query: milliseconds that never go back. */
  readonly monotonicMs: () => number;
};

/** The query ran longer than it may. */
export class QueryTimeout extends Error {
  override readonly name = "QueryTimeout";
}

/** Whoever asked does not wait for the answer any more. */
export class QueryCanceled extends Error {
  override readonly name = "QueryCanceled";
}

/** What ends a query before its end. */
export type QueryControl = {
  /** Milliseconds; `limits.queryMs` where not told. */
  readonly timeoutMs?: number;
  /** Asked between the turns. */
  readonly isCanceled?: () => boolean;
};

/** How long the parts of a query took, in milliseconds. */
export type QueryTimes = { readonly prepareMs: number; readonly evaluateMs: number };

/**
 * Answers a PromQL query over memory and, where it reaches further back, over the chunks on disk.
 * Pauses every so many samples, so that telemetry is taken and rules are evaluated meanwhile.
 *
 * @throws InputError (bad expression, limits), QueryTimeout, QueryCanceled, Error when the disk
 *   cannot be read
 */
export async function runQuery(
  text: string,
  span: QuerySpan,
  sources: QuerySources,
  control: QueryControl = {},
): Promise<QueryResult & QueryTimes> {
  const { limits, monotonicMs } = sources;
  const { timeoutMs = limits.queryMs } = control;
  const startedMs = monotonicMs();
  if (timeoutMs <= 0) throw new QueryTimeout("the query was given no time");
  const goOn = untilEnded(sources, control);
  const options = { ...span, lookbackMs: span.lookbackMs ?? DEFAULT_LOOKBACK_MS };
  const features = sources.features ?? sources.engine.features;
  const written = parse(text, { limits, features });
  const planned = plan(written, { ...options, canonicalName: canonicalMetricName });
  const reader = await readerFor(planned.reads, sources);
  const preparedMs = monotonicMs();
  const work = evaluate(planned.expr, reader, { ...options, limits, features, purpose: "query" });
  const result = await inTurns(work, goOn);
  const evaluateMs = monotonicMs() - preparedMs;
  return { ...result, prepareMs: preparedMs - startedMs, evaluateMs };
}

/** Throws when it is asked after the time given from here on, or when nobody waits any more. */
export function untilEnded(
  { limits, monotonicMs }: Pick<QuerySources, "limits" | "monotonicMs">,
  { timeoutMs = limits.queryMs, isCanceled }: QueryControl,
): () => void {
  const deadline = monotonicMs() + timeoutMs;
  return () => {
    if (isCanceled?.() === true) throw new QueryCanceled("the client hung up");
    if (monotonicMs() <= deadline) return;
    const own = timeoutMs >= limits.queryMs;
    const remedy = own ? "narrow it, or raise limits.queryMs" : "narrow it, or raise its timeout";
    const limit = own ? " (limit queryMs)" : "";
    throw new QueryTimeout(`the query took longer than ${timeoutMs} ms${limit}; ${remedy}`);
  };
}

/**
 * Runs work that pauses, and lets the event loop turn at each pause.
 *
 * @param goOn throws what ends it
 */
export async function inTurns<Result>(
  work: Generator<unknown, Result>,
  goOn: () => void,
): Promise<Result> {
  for (;;) {
    const turn = work.next();
    if (turn.done === true) return turn.value;
    goOn();
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
    if (!read.ok) throw diskFault(read.reason);
    for (const row of read.value) chunks.set(`${row.labels.key}${row.from}`, row);
  }
  // A query for this very moment was stamped some milliseconds ago: the values of now are its own.
  const latest = Math.max(...reads.map(({ to }) => to));
  const reader = engine.readerAt(epochMs(Math.min(now(), latest)));
  return chunks.size === 0 ? reader : overlay(reader, [...chunks.values()]);
}

/** A query that asks for too much is the asker's matter; a disk that cannot be read is ours. */
function diskFault(reason: string): Error {
  if (reason.includes("limits.querySamples")) {
    return new InputError("promql", `${reason} (limit querySamples)`);
  }
  return new Error(`the disk cannot be read: ${reason}`);
}
