import type { Labels } from "@naruko/core/model/labels";
import { labels, METRIC_NAME } from "@naruko/core/model/labels";
import { STALE } from "@naruko/core/model/sample";
import type { Stale } from "@naruko/core/model/sample";
import type { Random } from "../random.ts";

/** One series as somebody scraped it; times are whole seconds from the start. */
export type ScrapedSeries = {
  readonly labels: Labels;
  readonly samples: readonly ScrapedSample[];
};

type ScrapedSample = { readonly atS: number; readonly value: number | Stale };

/** Time between two scrapes, and between two evaluations. */
export const STEP_S = 15;

/** A count that one scrape interval of no input here comes close to. */
const LASTING = 20;

type Counter = { readonly labels: Labels; value: number; wasScraped: boolean };

/** A process that counts and is scraped about every 15 s. */
export class ScrapedProcess {
  readonly #samples = new Map<string, { labels: Labels; samples: ScrapedSample[] }>();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, { readonly labels: Labels; readonly value: number }>();
  readonly #random: Random;
  #phaseS: number;
  #wasGone = false;

  constructor(random: Random) {
    this.#random = random;
    this.#phaseS = this.#randomPhaseS();
  }

  get series(): readonly ScrapedSeries[] {
    return [...this.#samples.values()];
  }

  count(name: string, of: Readonly<Record<string, string>>, by: number): void {
    const all = labels({ [METRIC_NAME]: name, ...of });
    const counter = this.#counters.get(all.key) ?? { labels: all, value: 0, wasScraped: false };
    this.#counters.set(all.key, counter);
    counter.value += by;
  }

  /** What a gauge shows from now on. */
  measure(name: string, of: Readonly<Record<string, string>>, value: number): void {
    const all = labels({ [METRIC_NAME]: name, ...of });
    this.#gauges.set(all.key, { labels: all, value });
  }

  /** The counters of a new process begin when they first count; until then they are absent. */
  restart(): void {
    this.#counters.clear();
    this.#phaseS = this.#randomPhaseS();
  }

  #randomPhaseS(): number {
    return 1 + this.#random.int(STEP_S - 1);
  }

  /**
   * Takes a sample of every counter, 1 to 14 s after a multiple of 15 s. No window of a rule begins
   * there: evaluations and ranges are multiples of 15 s, so that it does not matter whether a
   * window has its left edge (Prometheus 2.x) or not (3.x, and here).
   *
   * Where a series begins inside a window, Prometheus before 2.52 may take it further back towards
   * zero than the half of a distance that it allows otherwise (prometheus/prometheus#13725). Nothing
   * here does: a counter's first sample is zero, samples of a process are evenly spaced, and only
   * counters come back from an absence that are well above what one scrape adds.
   */
  scrape(step: number): void {
    const atS = step * STEP_S + this.#phaseS;
    for (const [key, counter] of this.#counters) {
      if (this.#wasGone && counter.value < LASTING) this.#counters.delete(key);
    }
    for (const counter of this.#counters.values()) {
      this.#put(counter.labels, { atS, value: counter.wasScraped ? counter.value : 0 });
      counter.wasScraped = true;
    }
    for (const { labels: of, value } of this.#gauges.values()) this.#put(of, { atS, value });
    this.#wasGone = false;
  }

  /** The target is away: at first its series may be marked as ended, then there is silence. */
  miss(step: number, isMarked: boolean): void {
    if (isMarked && !this.#wasGone) {
      const sample = { atS: step * STEP_S + 1, value: STALE } as const;
      for (const counter of this.#counters.values()) {
        if (counter.wasScraped) this.#put(counter.labels, sample);
      }
      for (const { labels: of } of this.#gauges.values()) this.#put(of, sample);
    }
    this.#wasGone = true;
  }

  #put(of: Labels, sample: ScrapedSample): void {
    const series = this.#samples.get(of.key) ?? { labels: of, samples: [] };
    this.#samples.set(of.key, series);
    series.samples.push(sample);
  }
}
