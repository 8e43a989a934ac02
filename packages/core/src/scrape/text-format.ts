import { epochMs } from "../model/time.ts";
import { METRIC_NAME } from "../model/labels.ts";
import type { MetricMetadata } from "../model/received-series.ts";
import { textStart } from "../model/text.ts";
import { type Exposition, pairValue, type ScrapedSample } from "./exposition.ts";
import { boundText, readFloat } from "./float-text.ts";
import { FamilyBook, PageReader } from "./page-reader.ts";
import type { SeriesMemo } from "./series-memo.ts";
import { quotedEnd, unescaped } from "./series-text.ts";

const TYPES: Readonly<Record<string, MetricMetadata["type"]>> = {
  counter: "counter",
  gauge: "gauge",
  histogram: "histogram",
  summary: "summary",
  untyped: "unknown",
};

/**
 * Reads Prometheus' classic text format, version 0.0.4.
 *
 * @throws InputError of kind `exposition` with line and column
 */
export function readTextFormat(page: string, memo: SeriesMemo): Exposition {
  // Prometheus takes a last line without its end as well.
  const whole = page === "" || page.endsWith("\n") ? page : `${page}\n`;
  const reader = new PageReader(whole, { loose: true }, memo);
  const families = new FamilyBook();
  const samples: ScrapedSample[] = [];
  while (!reader.ended) {
    reader.blanks();
    if (reader.peek() === "#") comment(reader, families);
    else if (reader.peek() !== "\n") samples.push(sample(reader, families));
    reader.endLine();
  }
  memo.turn();
  return { samples, metadata: families.all() };
}

const KEYWORD = /#[ \t]+(?:HELP|TYPE)(?=[ \t])/y;

function comment(reader: PageReader, families: FamilyBook): void {
  const keyword = reader.match(KEYWORD);
  if (keyword === undefined) {
    reader.rest();
    return;
  }
  reader.blanks();
  const name = familyName(reader);
  if (keyword.endsWith("HELP")) {
    reader.blanks();
    families.tell(name, { help: helpText(reader.rest()) });
    return;
  }
  reader.gap("the type of the metric");
  const from = reader.at;
  const word = reader.word("the type of the metric");
  const type = Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
  if (type === undefined) {
    reader.fail(`unknown type "${word}"; known are ${Object.keys(TYPES).join(", ")}`, from);
  }
  reader.blanks();
  families.tell(name, { type });
}

/** The name in a line about a family; quoted where it is not of the classic alphabet. */
export function familyName(reader: PageReader): string {
  const end = quotedEnd(reader.page, reader.at);
  if (end === -1) return reader.word("the name of a metric");
  const inside = reader.page.slice(reader.at + 1, end - 1);
  reader.at = end;
  return unescaped(inside);
}

function helpText(text: string): string {
  const plain = text.replaceAll(/\\([\\n])/g, (_, char: string) => (char === "n" ? "\n" : char));
  return textStart(plain, plain.length);
}

const TIMESTAMP = /-?\d+(?=[ \t]*\n)/y;

function sample(reader: PageReader, families: FamilyBook): ScrapedSample {
  const pairs = reader.series((read) => canonicalBounds(read, families));
  // After a brace the value may follow at once.
  if (reader.page[reader.at - 1] === "}") reader.blanks();
  else reader.gap("the value");
  const value = reader.number("a value");
  reader.blanks();
  if (reader.peek() === "\n") return { pairs, value };
  const at = Number(reader.match(TIMESTAMP) ?? reader.fail("expected a time in milliseconds"));
  if (!Number.isSafeInteger(at)) reader.fail("the time is out of range");
  reader.blanks();
  return { pairs, value, at: epochMs(at) };
}

/**
 * `le` and `quantile` as OpenMetrics writes them: Prometheus does the same since version 3,
 * so that a target's buckets are the same series whatever format it answers with.
 */
export function canonicalBounds(pairs: readonly string[], families: FamilyBook): readonly string[] {
  for (let i = 0; i < pairs.length; i += 2) {
    const label = pairs[i];
    if (label !== "le" && label !== "quantile") continue;
    const name = pairValue(pairs, METRIC_NAME);
    const isBound =
      label === "quantile"
        ? families.typeOf(name) === "summary"
        : name.endsWith("_bucket") &&
          families.typeOf(name.slice(0, -"_bucket".length)).endsWith("histogram");
    const bound = readFloat(pairs[i + 1] ?? "");
    if (!isBound || bound === undefined) return pairs;
    const text = boundText(bound);
    return text === pairs[i + 1] ? pairs : pairs.with(i + 1, text);
  }
  return pairs;
}
