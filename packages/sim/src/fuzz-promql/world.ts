import type { Labels } from "@naruko/core/model/labels";
import { labels, METRIC_NAME } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { STALE } from "@naruko/core/model/sample";
import type { Stale } from "@naruko/core/model/sample";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import { Store } from "@naruko/core/store/store";
import type { StoreReader } from "@naruko/core/store/store-reader";
import type { Random } from "../random.ts";

/** A sample at whole seconds from the world's beginning, never at a multiple of `GRID_S`. */
export type WorldSample = { readonly atS: number; readonly value: number | Stale };

export type WorldSeries = { readonly labels: Labels; readonly samples: readonly WorldSample[] };

/** How long a world lasts. */
export const WORLD_S = 3600;

/**
 * Windows of Prometheus 2.x have both of their ends, those of 3.x the later one alone. Times, ranges
 * and offsets of queries are multiples of this and samples never are, so that no sample is on an end.
 */
export const GRID_S = 10;

type Shape = {
  readonly name: string;
  readonly of: readonly (readonly [string, readonly string[]])[];
  readonly kind: "counter" | "gauge" | "info";
};

const JOB = ["job", ["a", "b"]] as const;
const INSTANCE = ["inst", ["1", "2", "3"]] as const;

const SHAPES: readonly Shape[] = [
  { name: "c_total", of: [JOB, INSTANCE], kind: "counter" },
  { name: "d_total", of: [JOB, ["code", ["200", "500", ""]]], kind: "counter" },
  { name: "g", of: [JOB, INSTANCE], kind: "gauge" },
  { name: "w", of: [JOB, ["zone", ["x", "y", ""]]], kind: "gauge" },
  { name: "lone", of: [], kind: "gauge" },
  { name: "meta", of: [INSTANCE, ["version", ["v1", "v2"]]], kind: "info" },
];

const BOUNDS = ["0.1", "0.25", "0.5", "1", "2.5", "+Inf"];

/** Random series over an hour: gaps, resets, stale markers, histograms, numbers that are none. */
export function randomWorld(random: Random): readonly WorldSeries[] {
  const plain = SHAPES.flatMap(({ name, of, kind }) =>
    combinations(of)
      .filter(() => kind !== "info" || random.chance(0.6))
      .map((record) => ({
        labels: labels({ [METRIC_NAME]: name, ...record }),
        samples: valued(random, scrapeTimes(random), kind),
      })),
  );
  const histograms = JOB[1].flatMap((job) => histogram(random, { job }));
  return [...plain, ...histograms].filter(({ samples }) => samples.length > 0);
}

function combinations(of: Shape["of"]): readonly Readonly<Record<string, string>>[] {
  return of.reduce<readonly Readonly<Record<string, string>>[]>(
    (records, [name, values]) =>
      records.flatMap((record) => values.map((value) => ({ ...record, [name]: value }))),
    [{}],
  );
}

type Scrape = { readonly atS: number; readonly ends: boolean };

/** When a target is scraped: it may begin late, end early, be away for a while, with or without a marker. */
function scrapeTimes(random: Random): readonly Scrape[] {
  const everyS = random.pick([15, 15, 30, 60, 7]);
  const jitterS = random.chance(0.3) ? 3 : 0;
  const from = random.chance(0.2) ? random.int(WORLD_S) : random.int(everyS);
  const until = random.chance(0.15) ? from + random.int(WORLD_S) : WORLD_S;
  const gapChance = random.chance(0.5) ? 0.02 : 0;
  const scrapes: Scrape[] = [];
  let last = -1;
  for (let due = from; due < until; due += everyS) {
    const atS = offGrid(due + random.int(jitterS + 1));
    if (atS <= last || atS >= WORLD_S) continue;
    last = atS;
    const isGap = random.chance(gapChance);
    scrapes.push({ atS, ends: isGap && random.chance(0.5) });
    if (isGap) due += everyS * (1 + random.int(30));
  }
  return scrapes;
}

function offGrid(atS: number): number {
  return atS % GRID_S === 0 ? atS + 1 : atS;
}

/** Eighths, so that sums come out exactly in whichever order they are made. */
function eighth(random: Random, below: number): number {
  return random.int(below * 8) / 8;
}

function valued(random: Random, scrapes: readonly Scrape[], kind: Shape["kind"]): WorldSample[] {
  const odd = kind === "gauge" && random.chance(0.25) ? 0.03 : 0;
  const stride = random.pick([1, 10, 1000]);
  const resets = random.chance(0.5) ? 0.01 : 0;
  let value = kind === "info" ? 1 : random.chance(0.5) ? 0 : eighth(random, 100);
  return scrapes.map(({ atS, ends }) => {
    if (kind === "counter") {
      value = random.chance(resets) ? eighth(random, 4) : value + eighth(random, stride);
    } else if (kind === "gauge" && !random.chance(0.3)) {
      value += eighth(random, stride) - stride / 2;
    }
    if (ends) return { atS, value: STALE };
    return { atS, value: random.chance(odd) ? random.pick([NaN, Infinity, -Infinity, 0]) : value };
  });
}

/** A classic histogram with its sum and count, scraped together. */
function histogram(random: Random, record: Readonly<Record<string, string>>): WorldSeries[] {
  const scrapes = scrapeTimes(random);
  const counts = BOUNDS.map(() => 0);
  const buckets = BOUNDS.map((): WorldSample[] => []);
  const sums: WorldSample[] = [];
  const totals: WorldSample[] = [];
  let sum = 0;
  for (const { atS, ends } of scrapes) {
    if (random.chance(0.01)) counts.fill(0);
    for (let observed = random.int(6); observed > 0; observed--) {
      const bucket = random.int(BOUNDS.length);
      for (let i = bucket; i < BOUNDS.length; i++) counts[i] = (counts[i] ?? 0) + 1;
      sum += (bucket + 1) / 4;
    }
    const put = (into: WorldSample[] | undefined, value: number): void => {
      into?.push({ atS, value: ends ? STALE : value });
    };
    for (const [i, into] of buckets.entries()) put(into, counts[i] ?? 0);
    put(sums, sum);
    put(totals, counts.at(-1) ?? 0);
  }
  return [
    ...BOUNDS.map((le, i) => ({
      labels: labels({ [METRIC_NAME]: "h_bucket", le, ...record }),
      samples: buckets[i] ?? [],
    })),
    { labels: labels({ [METRIC_NAME]: "h_sum", ...record }), samples: sums },
    { labels: labels({ [METRIC_NAME]: "h_count", ...record }), samples: totals },
  ];
}

/** The series of a world that begins at a time. */
export function readerOf(world: readonly WorldSeries[], baseMs: number): StoreReader {
  const store = new Store(DEFAULT_LIMITS);
  for (const { labels: of, samples } of world) {
    for (const { atS, value } of samples) {
      store.append(of, epochMs(baseMs + atS * SECOND_MS), value);
    }
  }
  return store.snapshot();
}
