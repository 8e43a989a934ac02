import { labels, METRIC_NAME } from "@naruko/core/model/labels";
import type { Labels } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { DAY_MS, epochMs, HOUR_MS, SECOND_MS } from "@naruko/core/model/time";
import { Store } from "@naruko/core/store/store";
import { Random } from "../random.ts";

/** How often every series is scraped. */
export const SCRAPE_MS: number = 15 * SECOND_MS;
/** 2026-01-15T00:00:00Z: when the last sample is due. */
export const END_MS = 1_768_435_200_000;
/** How long the many series are there. */
export const WIDE_MS: number = HOUR_MS;
/** How long the few series are there. */
export const LONG_MS: number = 14 * DAY_MS;

/** 14 buckets. */
const BOUNDS = "0.05 0.1 0.2 0.3 0.5 0.75 1 1.5 2 3 5 10 30 +Inf".split(" ");

/** One target: it is scraped as a whole, and a histogram's buckets belong together. */
type Target = {
  readonly series: readonly Labels[];
  readonly scrape: (values: Float64Array) => void;
};

type Record = Readonly<{ [label: string]: string }>;

const named = (name: string, of: Record): Labels => labels({ [METRIC_NAME]: name, ...of });

/** Counters are far from zero, where versions of Prometheus extend them differently. */
const COUNTED = 10_000;

/** A histogram of 14 buckets with sum and count, into which some observations fall at each scrape. */
function histogram(name: string, of: Record, random: Random): Target {
  const counts = Float64Array.from(BOUNDS, (_, i) => COUNTED * (i + 1));
  let sum = COUNTED;
  return {
    series: [
      ...BOUNDS.map((le) => named(`${name}_bucket`, { ...of, le })),
      named(`${name}_sum`, of),
      named(`${name}_count`, of),
    ],
    scrape: (values) => {
      for (let observed = random.int(8); observed > 0; observed--) {
        const from = random.int(BOUNDS.length);
        for (let i = from; i < counts.length; i++) counts[i] = (counts[i] ?? 0) + 1;
        sum += from / 4;
      }
      values.set(counts);
      values[BOUNDS.length] = sum;
      values[BOUNDS.length + 1] = counts[BOUNDS.length - 1] ?? 0;
    },
  };
}

function counter(name: string, of: Record, random: Random): Target {
  let value = COUNTED;
  return {
    series: [named(name, of)],
    scrape: (values) => {
      // No whole numbers: of equal rates, which is among the top depends on how series are stored.
      value += random.between(0, 50);
      values[0] = value;
    },
  };
}

function gauge(name: string, of: Record, random: Random): Target {
  let value = 50;
  return {
    series: [named(name, of)],
    scrape: (values) => {
      value += random.between(-1, 1);
      values[0] = value;
    },
  };
}

/** 10,000 series: 250 instances of 25 services with 40 series each. */
function wideTargets(random: Random): readonly Target[] {
  return Array.from({ length: 250 }, (_, n) => {
    const of = { service: `service-${n % 25}`, instance: `10.0.${n}.1:8080` };
    return [
      ...["/chat", "/embed"].map((route) => histogram("request_seconds", { ...of, route }, random)),
      ...["200", "400", "429", "500"].map((code) =>
        counter("requests_total", { ...of, code }, random),
      ),
      ...["queue_length", "memory_bytes", "cache_usage", "running"].map((name) =>
        gauge(name, of, random),
      ),
    ];
  }).flat();
}

/** 100 series: five models with 20 each. */
function longTargets(random: Random): readonly Target[] {
  return Array.from({ length: 5 }, (_, n) => {
    const of = { model: `model-${n}` };
    return [
      histogram("call_seconds", of, random),
      counter("tokens_total", { ...of, type: "input" }, random),
      counter("tokens_total", { ...of, type: "output" }, random),
      counter("errors_total", of, random),
      gauge("budget_left", of, random),
    ];
  }).flat();
}

/** All series; equal in every process that asks. */
export function filledStore(): Store {
  const store = new Store(DEFAULT_LIMITS);
  fill(store, longTargets(new Random(1)), LONG_MS);
  fill(store, wideTargets(new Random(2)), WIDE_MS);
  return store;
}

function fill(store: Store, targets: readonly Target[], lengthMs: number): void {
  const values = new Float64Array(BOUNDS.length + 2);
  for (let due = END_MS - lengthMs + SCRAPE_MS; due <= END_MS; due += SCRAPE_MS) {
    for (const [n, { series, scrape }] of targets.entries()) {
      scrape(values);
      // Targets are not scraped all at once, and never at the moment of a query.
      const at = epochMs(due - 1 - ((n * 97) % (SCRAPE_MS - 1)));
      for (const [i, of] of series.entries()) store.append(of, at, values[i] ?? 0);
    }
  }
}
