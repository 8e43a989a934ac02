import type { Telemetry } from "@naruko/core/model/telemetry";
import type { EpochMs } from "@naruko/core/model/time";

/** One stored input, or one line of a file. */
export type HistoryInput = { readonly at: EpochMs; readonly telemetry: Telemetry };

/** Inputs of one source; `at` never decreases. */
export type History = AsyncGenerator<HistoryInput, void, undefined>;

/** Several histories as one, by time; at equal times in the order in which they are given. */
export async function* mergeByTime(sources: readonly History[]): AsyncGenerator<HistoryInput> {
  const heads: Head[] = [];
  try {
    for (const source of sources) heads.push({ source, next: await advance(source) });
    for (;;) {
      const earliest = earliestOf(heads);
      if (earliest?.next === undefined) return;
      yield earliest.next;
      earliest.next = await advance(earliest.source);
    }
  } finally {
    // Whoever stops early, or meets a fault in one source, closes the files of all.
    await Promise.all(sources.map((source) => source.return()));
  }
}

type Head = { readonly source: History; next: HistoryInput | undefined };

function earliestOf(heads: readonly Head[]): Head | undefined {
  let earliest: Head | undefined;
  for (const head of heads) {
    if (head.next === undefined) continue;
    if (earliest?.next === undefined || head.next.at < earliest.next.at) earliest = head;
  }
  return earliest;
}

async function advance(source: History): Promise<HistoryInput | undefined> {
  const { done, value } = await source.next();
  return done === true ? undefined : value;
}
