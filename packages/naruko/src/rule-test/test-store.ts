import type { Labels } from "@naruko/core/model/labels";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { type SampleValue, STALE, type Stale } from "@naruko/core/model/sample";
import type { EpochMs } from "@naruko/core/model/time";
import { storedHint } from "@naruko/core/promql/histogram/compare";
import { type AppendResult, Store } from "@naruko/core/store/store";
import type { StoreReader } from "@naruko/core/store/store-reader";

/**
 * The series of one test. Histograms get the counter reset hint that Prometheus' storage gives them,
 * since expected histograms are compared with it.
 */
export class TestStore {
  readonly #store = new Store(DEFAULT_LIMITS);
  readonly #latest = new Map<string, SampleValue>();

  append(labels: Labels, at: EpochMs, value: SampleValue | Stale): AppendResult {
    if (value === STALE) {
      this.#latest.delete(labels.key);
      return this.#store.append(labels, at, value);
    }
    const before = this.#latest.get(labels.key);
    const stored =
      typeof value === "number" ? value : { ...value, counterReset: storedHint(value, before) };
    this.#latest.set(labels.key, stored);
    return this.#store.append(labels, at, stored);
  }

  snapshot(): StoreReader {
    return this.#store.snapshot();
  }
}
