import type { Labels } from "@naruko/core/model/labels";
import { compareLabels } from "@naruko/core/model/labels";
import { InputError } from "@naruko/core/model/input-error";
import { compileMatchers } from "@naruko/core/model/matcher";
import type { Matcher } from "@naruko/core/model/reader";
import { epochMs } from "@naruko/core/model/time";
import type { EpochMs } from "@naruko/core/model/time";
import { sortedInTurns } from "@naruko/core/store/turns";
import { inTurns, untilEnded } from "./query.ts";
import type { QueryControl, QuerySources } from "./query.ts";

/** Series that are looked for: any of the sets of matchers; all series without a set. */
export type SeriesRequest = {
  readonly sets: readonly (readonly Matcher[])[];
  /** Both included. */
  readonly from: EpochMs;
  readonly to: EpochMs;
};

/** Labels looked at between two turns of the event loop. */
const LABELS_A_TURN = 4096;

/**
 * Labels of the series with samples in a range, in memory and on disk, sorted.
 *
 * @throws InputError (limit querySeries), QueryTimeout, QueryCanceled, Error when the disk cannot
 *   be read
 */
export async function findSeries(
  request: SeriesRequest,
  sources: QuerySources,
  control: QueryControl = {},
): Promise<readonly Labels[]> {
  const { engine, disk } = sources;
  const goOn = untilEnded(sources, control);
  const memory = await inTurns(engine.findSeries(...asked(request)), goOn);
  const memoryFrom = engine.memoryFrom();
  let stored: readonly Labels[] = [];
  if (request.from < memoryFrom) {
    const to = request.to < memoryFrom ? request.to : memoryFrom;
    const read = await disk.series({ from: request.from, to });
    if (!read.ok) throw new Error(`the disk cannot be read: ${read.reason}`);
    stored = read.value;
    goOn();
  }
  return inTurns(merged(memory, stored, request, sources.limits.querySeries), goOn);
}

function asked({ sets, from, to }: SeriesRequest): [SeriesRequest["sets"], EpochMs, EpochMs] {
  // The store's ranges are open at their beginning.
  return [sets, epochMs(from - 1), to];
}

function* merged(
  memory: readonly Labels[],
  stored: readonly Labels[],
  { sets }: SeriesRequest,
  most: number,
): Generator<undefined, readonly Labels[]> {
  const tests = sets.map((matchers) => compileMatchers(matchers));
  const isMeant = (of: Labels): boolean =>
    tests.length === 0 || tests.some((matches) => matches(of));
  const found = new Map<string, Labels>();
  let seen = 0;
  for (const [labels, isNew] of both(memory, stored)) {
    if (!isNew || isMeant(labels)) found.set(labels.key, labels);
    if (++seen % LABELS_A_TURN === 0) yield;
    if (found.size > most) {
      const remedy = "narrow match[] and the range, or raise limits.querySeries";
      throw new InputError("promql", `more than ${most} series (limit querySeries); ${remedy}`);
    }
  }
  return yield* sortedInTurns([...found.values()], compareLabels);
}

function* both(
  memory: readonly Labels[],
  stored: readonly Labels[],
): Generator<readonly [Labels, boolean]> {
  for (const labels of memory) yield [labels, false];
  for (const labels of stored) yield [labels, true];
}
