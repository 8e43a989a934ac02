// What two servers hold, to be held against each other.
import { strict as assert } from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import { formatLabels, labels } from "@naruko/core/model/labels";

const PATIENCE_MS = 60_000;

/** Waits until a condition holds; what is waited for happens in other processes. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!(await holds())) {
    assert.equal(signal.aborted, false, `${what} takes too long`);
    await wait(50);
  }
}

/** Samples by the text of their series: seconds and the value as the API writes it. */
export type StoredSamples = Readonly<Record<string, readonly (readonly [number, string])[]>>;

/**
 * Every sample that a server has in a range up to a time.
 *
 * @param range a duration of PromQL
 * @param extra labels that are put to each series
 */
export async function storedSamples(
  server: string,
  seconds: number,
  range: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<StoredSamples> {
  const params = new URLSearchParams({
    query: `{__name__=~".+"}[${range}]`,
    time: String(seconds),
  });
  const answer = await fetch(`${server}/api/v1/query?${params.toString()}`);
  const { data } = (await answer.json()) as {
    readonly data: {
      readonly result: readonly {
        readonly metric: Readonly<Record<string, string>>;
        readonly values: readonly (readonly [number, string])[];
      }[];
    };
  };
  const entries = data.result.map(
    ({ metric, values }) => [formatLabels(labels({ ...metric, ...extra })), values] as const,
  );
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The first value that `/metrics` has of a metric of the program's own; NaN where it has none. */
export async function selfMetric(server: string, name: string): Promise<number> {
  const text = await (await fetch(`${server}/metrics`)).text();
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text);
  return Number(found?.[1]);
}
