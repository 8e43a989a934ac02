import { METRIC_NAME } from "../model/labels.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import { textStart } from "../model/text.ts";
import { type EpochMs, epochMs, SECOND_MS } from "../model/time.ts";
import {
  type Exposition,
  pairValue,
  type ScrapedExemplar,
  type ScrapedSample,
} from "./exposition.ts";
import { FamilyBook, PageReader } from "./page-reader.ts";
import type { SeriesMemo } from "./series-memo.ts";
import { unescaped } from "./series-text.ts";
import { canonicalBounds, familyName } from "./text-format.ts";

const TYPES: readonly MetricMetadata["type"][] = [
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
  "unknown",
];

/** Types whose samples say when they began by one named `_created` (OpenMetrics 1.0, "Created"). */
const WITH_CREATED: ReadonlySet<string> = new Set(["counter", "histogram", "summary"]);
const CREATED = "_created";

/**
 * Reads OpenMetrics 1.0. `_created` samples are told as the start of the samples that they belong
 * to, and are no series of their own.
 *
 * @throws InputError of kind `exposition` with line and column
 */
export function readOpenMetrics(page: string, memo: SeriesMemo): Exposition {
  const reader = new PageReader(page, { loose: false }, memo);
  const families = new FamilyBook();
  const samples: ScrapedSample[] = [];
  const starts = new Map<string, EpochMs>();
  while (reader.peek() !== "#" || !endsPage(reader)) {
    if (reader.ended) reader.fail('expected "# EOF" as the last line: the page was cut off');
    if (reader.peek() === "#") comment(reader, families);
    else {
      const read = sample(reader, families);
      const family = createdOf(read, families);
      if (family === undefined) samples.push(read);
      else starts.set(groupOf(family, read.pairs), seconds(Number(read.value)));
    }
    reader.endLine();
  }
  memo.turn();
  return { samples: withStarts(samples, starts, families), metadata: families.all() };
}

const EOF = /# EOF\n?/y;

function endsPage(reader: PageReader): boolean {
  if (reader.match(EOF) === undefined) return false;
  if (!reader.ended) reader.fail('expected nothing after "# EOF"');
  return true;
}

const KEYWORD = /# (?:HELP|TYPE|UNIT) /y;

function comment(reader: PageReader, families: FamilyBook): void {
  const keyword = reader.match(KEYWORD) ?? reader.fail("expected # HELP, # TYPE, # UNIT or # EOF");
  const name = familyName(reader);
  if (keyword === "# HELP ") {
    const text = unescaped(reader.rest().slice(1));
    families.tell(name, { help: textStart(text, text.length) });
    return;
  }
  reader.gap(keyword === "# TYPE " ? "the type of the metric" : "the unit of the metric");
  const from = reader.at;
  const text = reader.rest();
  if (keyword === "# UNIT ") {
    if (text !== "" && !name.endsWith(`_${text}`)) {
      reader.fail(`the unit "${text}" is not the end of the name ${name}`, from);
    }
    families.tell(name, { unit: textStart(text, text.length) });
    return;
  }
  const type = TYPES.find((known) => known === text);
  if (type === undefined) {
    reader.fail(`unknown type "${text.slice(0, 40)}"; known are ${TYPES.join(", ")}`, from);
  }
  families.tell(name, { type });
}

function sample(reader: PageReader, families: FamilyBook): ScrapedSample {
  const pairs = reader.series((read) => canonicalBounds(read, families));
  reader.gap("the value");
  const value = reader.number("a value");
  let at: EpochMs | undefined;
  let exemplar: ScrapedExemplar | undefined;
  if (reader.peek() === " ") {
    reader.at++;
    if (reader.peek() !== "#") at = time(reader);
    else exemplar = exemplarOf(reader);
  }
  if (at !== undefined && reader.peek() === " ") {
    reader.at++;
    exemplar = exemplarOf(reader);
  }
  return {
    pairs,
    value,
    ...(at === undefined ? {} : { at }),
    ...(exemplar === undefined ? {} : { exemplar }),
  };
}

function exemplarOf(reader: PageReader): ScrapedExemplar {
  if (reader.peek() !== "#") reader.fail('expected "#" and an exemplar');
  reader.at++;
  reader.gap("the labels of an exemplar");
  const labels = reader.labels();
  reader.gap("the value of the exemplar");
  const value = reader.number("the value of the exemplar");
  if (reader.peek() !== " ") return { labels, value };
  reader.at++;
  return { labels, value, at: time(reader) };
}

function time(reader: PageReader): EpochMs {
  const from = reader.at;
  const value = reader.number("a time in seconds");
  if (!Number.isSafeInteger(Math.round(value * SECOND_MS))) {
    reader.fail("the time is out of range", from);
  }
  return seconds(value);
}

function seconds(value: number): EpochMs {
  return epochMs(Math.round(value * SECOND_MS));
}

/** The family whose start a sample tells; `undefined` for an ordinary sample. */
function createdOf({ pairs, value }: ScrapedSample, families: FamilyBook): string | undefined {
  const name = pairValue(pairs, METRIC_NAME);
  if (!name.endsWith(CREATED) || !Number.isFinite(value)) return undefined;
  const family = name.slice(0, -CREATED.length);
  return WITH_CREATED.has(families.typeOf(family)) ? family : undefined;
}

/** What samples of one metric point have in common: the family and the labels that are not theirs. */
function groupOf(family: string, pairs: readonly string[]): string {
  const own: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] ?? "";
    if (name === METRIC_NAME || name === "le" || name === "quantile") continue;
    own.push(`${name}\n${pairs[i + 1]}`);
  }
  return [family, ...own.toSorted()].join("\n\n");
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["_sum", "_count", ""],
};

function withStarts(
  samples: readonly ScrapedSample[],
  starts: ReadonlyMap<string, EpochMs>,
  families: FamilyBook,
): readonly ScrapedSample[] {
  if (starts.size === 0) return samples;
  return samples.map((one) => {
    const family = familyOf(pairValue(one.pairs, METRIC_NAME), families);
    const startAt = family === undefined ? undefined : starts.get(groupOf(family, one.pairs));
    return startAt === undefined ? one : { ...one, startAt };
  });
}

function familyOf(name: string, families: FamilyBook): string | undefined {
  for (const [type, suffixes] of Object.entries(SUFFIXES)) {
    for (const suffix of suffixes) {
      if (!name.endsWith(suffix)) continue;
      const family = name.slice(0, name.length - suffix.length);
      if (families.typeOf(family) === type) return family;
    }
  }
  return undefined;
}
