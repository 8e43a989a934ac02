import assert from "node:assert/strict";
import test from "node:test";
import { formatLabels, labels, labelsFrom } from "../model/labels.ts";
import type { ReceivedSeries } from "../model/received-series.ts";
import { epochMs } from "../model/time.ts";
import { relabelPattern, type RelabelStep } from "./relabel.ts";
import { SeriesMemo } from "./series-memo.ts";
import { type SampleRules, type ScrapeBatch, TargetSeries } from "./target-series.ts";
import { readTextFormat } from "./text-format.ts";

const RULES: SampleRules = {
  honorLabels: false,
  honorTimestamps: true,
  trackTimestampsStaleness: false,
  metricRelabel: [],
  sampleLimit: 0,
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
};
const TARGET = labels({ job: "j", instance: "i" });

function step(
  part: Partial<Omit<RelabelStep, "regex">> & { readonly regex?: string },
): RelabelStep {
  const { regex = "(.*)" } = part;
  return {
    action: "replace",
    sourceLabels: ["__name__"],
    separator: ";",
    modulus: 0,
    targetLabel: "",
    replacement: "$1",
    ...part,
    regex: relabelPattern(regex),
  };
}

/** A target that is scraped once a second. */
function scraping(rules: Partial<SampleRules> = {}) {
  const memo = new SeriesMemo();
  const series = new TargetSeries(TARGET, { ...RULES, ...rules });
  let seconds = 0;
  const time = () => ({ at: epochMs(++seconds * 1000), durationS: 0.5 });
  const adopted = (batch: ScrapeBatch): ScrapeBatch => {
    series.adopt(batch);
    return batch;
  };
  return {
    series,
    time,
    page: (text: string) => adopted(series.scraped(readTextFormat(text, memo), time())),
    fail: () => adopted(series.failed("refused", time())),
  };
}

const REPORT = /^(up|scrape_\w+)\{/;

function shown({ labels: itsLabels, samples }: ReceivedSeries): string {
  const texts = samples.map(({ at, value }) => `${JSON.stringify(value)} @${at}`);
  return `${formatLabels(itsLabels)} ${texts.join().replaceAll('"', "")}`;
}

/** The target's own samples, without `job="j", instance="i"`. */
function own(batch: ScrapeBatch): string[] {
  const rest = batch.series.map(shown).filter((line) => !REPORT.test(line));
  return rest.map((line) => line.replace(/,? ?instance="i", job="j"/, "").replace("{}", ""));
}

/** Up, samples scraped, samples after relabelling, series added. */
function report(batch: ScrapeBatch): (number | string)[] {
  const lines = batch.series.filter((one) => REPORT.test(shown(one)));
  return lines
    .filter((one) => !shown(one).startsWith("scrape_duration"))
    .map(({ samples }) =>
      typeof samples[0]?.value === "object" ? "histogram" : (samples[0]?.value ?? ""),
    );
}

test("a scrape gives its samples the target's labels and the time of the scrape", () => {
  const { page } = scraping();
  const batch = page('a{x="y"} 1\nb 2\n');
  assert.deepEqual(batch.series.map(shown), [
    'a{instance="i", job="j", x="y"} 1 @1000',
    'b{instance="i", job="j"} 2 @1000',
    'up{instance="i", job="j"} 1 @1000',
    'scrape_duration_seconds{instance="i", job="j"} 0.5 @1000',
    'scrape_samples_scraped{instance="i", job="j"} 2 @1000',
    'scrape_samples_post_metric_relabeling{instance="i", job="j"} 2 @1000',
    'scrape_series_added{instance="i", job="j"} 2 @1000',
  ]);
});

test("a series that is gone ends, and begins anew", () => {
  const { page } = scraping();
  page("a 1\nb 1\n");
  const without = page("b 2\n");
  assert.deepEqual(own(without), ["b 2 @2000", "a stale @2000"]);
  assert.deepEqual(report(without), [1, 1, 1, 0]);
  const again = page("a 3\nb 3\n");
  assert.deepEqual(own(again), ["a 3 @3000", "b 3 @3000"]);
  assert.deepEqual(report(again), [1, 2, 2, 1]);
});

test("a failed scrape ends all series once, and says that the target is down", () => {
  const { page, fail } = scraping();
  page("a 1\n");
  const failed = fail();
  assert.deepEqual(own(failed), ["a stale @2000"]);
  assert.deepEqual(report(failed), [0, 0, 0, 0]);
  assert.equal(failed.fault, "refused");
  assert.deepEqual(own(fail()), []);
});

test("a target that is gone ends, its own report too", () => {
  const { page, series } = scraping();
  page("a 1\n");
  const batch = series.ended(epochMs(5000));
  assert.equal(batch.series.length, 6);
  assert.ok(batch.series.every(({ samples }) => samples[0]?.value === "stale"));
});

test("a batch that is not adopted is made good by the next", () => {
  const { page, series, time } = scraping();
  page("a 1\nb 1\n");
  const lost = series.scraped(readTextFormat("b 2\nc 2\n", new SeriesMemo()), time());
  assert.deepEqual(own(lost), ["b 2 @2000", "c 2 @2000", "a stale @2000"]);
  const next = page("b 3\nc 3\n");
  assert.deepEqual(own(next), ["b 3 @3000", "c 3 @3000", "a stale @3000"]);
  assert.deepEqual(report(next), [1, 2, 2, 1]);
});

const labelRows: readonly (readonly [page: string, honored: boolean, ...own: readonly string[]])[] =
  [
    ['a{job="x"} 1', false, 'a{exported_job="x"} 1 @1000'],
    [
      'a{job="x",exported_job="y"} 1',
      false,
      'a{exported_exported_job="x", exported_job="y"} 1 @1000',
    ],
    ['a{job=""} 1', false, "a 1 @1000"],
    ['a{job="x"} 1', true, 'a{instance="i", job="x"} 1 @1000'],
    ['a{instance="",job=""} 1', true, "a 1 @1000"],
    ["a 1", true, "a 1 @1000"],
  ];
for (const [page, honorLabels, ...wanted] of labelRows) {
  test(`labels of ${page}, ${honorLabels ? "honored" : "exported"}`, () =>
    assert.deepEqual(own(scraping({ honorLabels }).page(`${page}\n`)), wanted));
}

test("labels that conflict are renamed the shorter first", () => {
  const target = labels({ a: "1", exported_a: "2" });
  const series = new TargetSeries(target, RULES);
  const page = readTextFormat('m{exported_a="y",a="x"} 1\n', new SeriesMemo());
  const [first] = series.scraped(page, { at: epochMs(1), durationS: 0 }).series;
  assert.equal(
    first && formatLabels(first.labels),
    'm{a="1", exported_a="2", exported_exported_a="x", exported_exported_exported_a="y"}',
  );
});

test("times that the target tells count where they are honored, and such series do not end", () => {
  const told = scraping();
  assert.deepEqual(own(told.page("a 1 7\n")), ["a 1 @7"]);
  assert.deepEqual(own(told.page("")), []);
  const tracked = scraping({ trackTimestampsStaleness: true });
  tracked.page("a 1 7\n");
  assert.deepEqual(own(tracked.page("")), ["a stale @2000"]);
  const ignored = scraping({ honorTimestamps: false });
  assert.deepEqual(own(ignored.page("a 1 7\n")), ["a 1 @1000"]);
  assert.deepEqual(own(ignored.page("")), ["a stale @2000"]);
});

test("what the page has twice is taken once, and counted", () => {
  const plain = scraping().page("a 1\na 2\n");
  assert.deepEqual([own(plain), plain.duplicates], [["a 1 @1000"], 1]);
  const timed = scraping().page("a 1 5\na 2 6\na 3 6\n");
  assert.deepEqual([own(timed), timed.duplicates], [["a 1 @5", "a 2 @6"], 1]);
});

test("metric_relabel_configs drop and rename, and are counted", () => {
  const { page } = scraping({
    metricRelabel: [
      step({ action: "drop", regex: "go_.*" }),
      step({ regex: "vllm:(.*)", targetLabel: "__name__", replacement: "vllm_$1" }),
    ],
  });
  const batch = page("go_gc 1\nvllm:x 2\n");
  assert.deepEqual(own(batch), ["vllm_x 2 @1000"]);
  assert.deepEqual(report(batch), [1, 2, 1, 1]);
});

const limitRows: readonly (readonly [
  rules: Partial<SampleRules>,
  page: string,
  fault: RegExp | undefined,
])[] = [
  [{ sampleLimit: 2 }, "a 1\nb 1\n", undefined],
  [{ sampleLimit: 1 }, "a 1\nb 1\n", /^2 samples are more than sample_limit 1$/],
  [{ labelLimit: 3 }, "a 1\n", undefined],
  [{ labelLimit: 2 }, "a 1\n", /^a has 3 labels, label_limit is 2$/],
  [{ labelNameLengthLimit: 8 }, "a 1\n", undefined],
  [{ labelNameLengthLimit: 7 }, "a 1\n", /^a: the label name __name__ is longer than 7$/],
  [{ labelValueLengthLimit: 2 }, 'a{b="xyz"} 1\n', /^a: the value of b is longer than 2$/],
  [
    { metricRelabel: [step({ targetLabel: "__name__", replacement: "" })] },
    "a 1\n",
    /no metric name/,
  ],
];
for (const [rules, page, fault] of limitRows) {
  test(`${JSON.stringify(rules)} ${fault === undefined ? "takes" : "refuses"} ${page}`, () => {
    const batch = scraping(rules).page(page);
    if (fault === undefined) return assert.equal(batch.fault, undefined);
    assert.match(batch.fault ?? "", fault);
    return assert.deepEqual(own(batch), []);
  });
}

test("a page past its sample limit ends what was shown before, and tells how many it had", () => {
  const { page } = scraping({ sampleLimit: 1 });
  page("a 1\n");
  const batch = page("a 1\nb 1\n");
  assert.deepEqual(own(batch), ["a stale @2000"]);
  assert.deepEqual(report(batch), [0, 2, 2, 1]);
});

test("metadata is told once, and again when it changes", () => {
  const { page } = scraping();
  const names = (text: string) => page(text).metadata.map(({ name, type }) => `${name} ${type}`);
  assert.deepEqual(names("# TYPE a counter\n# TYPE b gauge\n"), ["a counter", "b gauge"]);
  assert.deepEqual(names("# TYPE a counter\n# TYPE b gauge\n"), []);
  assert.deepEqual(names("# TYPE a gauge\n"), ["a gauge"]);
});

test("an exemplar takes the sample's time where it has none, and is left out where it is too long", () => {
  const { series, time } = scraping();
  const exemplar = { labels: labelsFrom([["trace_id", "abc"]]), value: 3 };
  const long = { labels: labelsFrom([["trace_id", "x".repeat(121)]]), value: 3 };
  const exposition = {
    samples: [
      { pairs: ["__name__", "a"], value: 1, exemplar },
      { pairs: ["__name__", "b"], value: 1, exemplar: { ...exemplar, at: epochMs(5) } },
      { pairs: ["__name__", "c"], value: 1, exemplar: long, startAt: epochMs(7) },
    ],
    metadata: [],
  };
  const batch = series.scraped(exposition, time());
  assert.equal(batch.longExemplars, 1);
  assert.deepEqual(
    batch.series.slice(0, 3).map(({ exemplars }) => exemplars.map(({ at }) => at)),
    [[1000], [5], []],
  );
  assert.deepEqual(batch.series[2]?.samples, [{ at: 1000, value: 1, startAt: 7 }]);
});
