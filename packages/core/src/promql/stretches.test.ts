import assert from "node:assert/strict";
import test from "node:test";
import { featureSet } from "../model/features.ts";
import { labels } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import type { Reader, SeriesSlice, SeriesStretch } from "../model/reader.ts";
import { setStale, STALE } from "../model/sample.ts";
import { epochMs } from "../model/time.ts";
import { evaluateNow } from "./evaluate.ts";
import { fixedReader } from "./fixed-reader.ts";
import { parse } from "./parser.ts";

/** As many samples on both sides of a stretch that say nothing. */
const BESIDE = 7;

/** A slice in the midst of arrays of which the rest is not written yet, or was for other ranges. */
function amidst({ labels: of, times, values }: SeriesSlice): SeriesStretch {
  const start = BESIDE;
  const end = start + times.length;
  const wide = { times: new Float64Array(end + BESIDE), values: new Float64Array(end + BESIDE) };
  wide.values.fill(1e9, 0, start);
  wide.values.fill(-1e9, end + 2);
  setStale(wide.values, 1);
  wide.times.set(times, start);
  wide.values.set(values, start);
  return { labels: of, ...wide, start, end };
}

const SERIES = ["a", "b", "c"].map((l, n) => ({
  labels: labels({ __name__: "m_total", l }),
  fromMs: n * 7000,
  stepMs: 15_000,
  // A counter that begins anew, ends for a while, and is no number once.
  values: Array.from({ length: 120 }, (_, i) =>
    i === 30 + n ? STALE : i > 30 + n && i < 36 ? undefined : i === 90 ? NaN : (i * (n + 3)) % 71,
  ),
}));

const exact: Reader = { select: fixedReader(SERIES).select };
const wide: Reader = {
  select: () => assert.fail("stretches are taken where there are some"),
  *stretching(...asked) {
    const found = exact.select(...asked).map(amidst);
    yield found.reduce((samples, { start, end }) => samples + end - start, 0);
    return found;
  },
};

const RANGED =
  "rate increase delta irate idelta resets changes deriv sum_over_time avg_over_time min_over_time " +
  "max_over_time count_over_time first_over_time last_over_time present_over_time " +
  "absent_over_time stddev_over_time mad_over_time ts_of_max_over_time";

const EXPRESSIONS = [
  "m_total",
  "m_total offset 45s",
  "timestamp(m_total)",
  "m_total smoothed",
  "m_total[3m]",
  "m_total[3m] anchored",
  "m_total[3m] smoothed",
  ...RANGED.split(" ").map((name) => `${name}(m_total[4m])`),
  "increase(m_total[4m] anchored)",
  "rate(m_total[4m] smoothed)",
  "predict_linear(m_total[4m], 60)",
  "quantile_over_time(0.3, m_total[4m])",
  "sum(rate(m_total[5m])) - sum(rate(m_total[5m] offset 5m))",
  "max_over_time(rate(m_total[1m])[5m:30s])",
  "m_total @ 700",
];

const features = featureSet([
  "promql-extended-range-selectors",
  "promql-experimental-functions",
  "promql-duration-expr",
]);
const TIMES = [0, 60_000, 451_000, 540_000, 600_000, 1_350_000, 1_800_000, 2_400_000];

for (const text of EXPRESSIONS) {
  test(`${text} sees nothing beside a stretch`, () => {
    const expr = parse(text, { features });
    const base = { lookbackMs: 300_000, limits: DEFAULT_LIMITS, features };
    const spans = TIMES.map((at) => ({ from: epochMs(at), to: epochMs(at), stepMs: 0 }));
    const whole = { from: epochMs(0), to: epochMs(2_400_000), stepMs: 20_000 };
    const isRange = text.includes("]") && !text.includes("(");
    for (const span of isRange ? spans : [...spans, whole]) {
      const options = { ...base, ...span };
      assert.deepEqual(evaluateNow(expr, wide, options), evaluateNow(expr, exact, options));
    }
  });
}
