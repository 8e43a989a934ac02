import { parseFloatText } from "../../model/go-float.ts";
import { CUSTOM_SCHEMA } from "../../model/histogram-buckets.ts";
import { InputError, type Place } from "../../model/input-error.ts";
import type { CounterReset, NativeHistogram } from "../../model/sample.ts";
import { HistogramSum } from "../histogram/histogram-sum.ts";
import type { WrittenHistogram } from "./series-line.ts";

const ITEM = /^\{\{([^{}]*)\}\}(?:([+-])\{\{([^{}]*)\}\}x(\d+)|x(\d+))?$/;
const FIELD = /\s*([a-z_]+):(\[[^\]]*\]|[^\s[\]]+)/gy;

const NUMBERS: ReadonlySet<string> = new Set(["count", "sum", "z_bucket", "z_bucket_w"]);
const INTEGERS: ReadonlySet<string> = new Set(["schema", "offset", "n_offset"]);
const LISTS: ReadonlySet<string> = new Set(["buckets", "n_buckets", "custom_values"]);
const HINTS: ReadonlyMap<string, CounterReset> = new Map([
  ["unknown", "unknown"],
  ["reset", "reset"],
  ["not_reset", "not-reset"],
  ["gauge", "gauge"],
]);

/** Reads `{{…}}`, `{{…}}x3`, `{{…}}+{{…}}x3` or `{{…}}-{{…}}x3`. */
export function readHistograms(item: string, place: Place, most: number): WrittenHistogram[] {
  const refuse = (what: string): never => {
    throw new InputError("promql", what, place);
  };
  const match = ITEM.exec(item);
  if (match === null) {
    const wanted = "{{count:3 sum:4}}, {{…}}x3 or {{…}}+{{…}}x3";
    return refuse(`bad value ${JSON.stringify(item)}, expected ${wanted}`);
  }
  const [, body = "", sign, change, changeTimes, times = changeTimes ?? "0"] = match;
  const first = readHistogram(body, refuse);
  const count = Math.min(Number(times), most + 1);
  if (change === undefined) return Array.from({ length: count + 1 }, () => first);
  const step = readHistogram(change, refuse);
  if (first.schema > step.schema) {
    return refuse(`a histogram of schema ${step.schema} cannot be added to one of ${first.schema}`);
  }
  const sum = new HistogramSum(first);
  const { hintTold } = step;
  const all: WrittenHistogram[] = [{ ...first, hintTold }];
  for (let i = 0; i < count; i++) {
    if (sum.add(step, sign === "-" ? -1 : 1) === "incompatible") {
      return refuse("a histogram with custom buckets cannot be added to an exponential one");
    }
    all.push({ ...sum.result(), hintTold });
  }
  return all;
}

type Refuse = (what: string) => never;

function readHistogram(body: string, refuse: Refuse): WrittenHistogram {
  const fields = fieldsOf(body, refuse);
  const number = (name: string): number => {
    const text = fields.get(name);
    if (text === undefined) return 0;
    return parseFloatText(text) ?? refuse(`"${name}" needs a number, not "${text}"`);
  };
  const integer = (name: string): number => {
    const value = number(name);
    return Number.isSafeInteger(value) ? value : refuse(`"${name}" needs a whole number`);
  };
  const list = (name: string): number[] => {
    const text = fields.get(name) ?? "[]";
    if (!text.startsWith("[")) refuse(`"${name}" needs a list such as [1 2 3]`);
    const items = text
      .slice(1, -1)
      .split(/\s+/)
      .filter((part) => part !== "");
    return items.map((part) => parseFloatText(part) ?? refuse(`"${part}" is no number`));
  };
  const side = (counts: string, offset: string) => {
    const buckets = list(counts);
    const spans = [{ offset: integer(offset), length: buckets.length }];
    return { buckets, spans: buckets.length === 0 ? [] : spans };
  };
  const positive = side("buckets", "offset");
  const negative = side("n_buckets", "n_offset");
  const hint = fields.get("counter_reset_hint");
  const histogram: NativeHistogram = {
    counterReset: HINTS.get(hint ?? "unknown") ?? refuse(`unknown counter_reset_hint "${hint}"`),
    schema: integer("schema"),
    zeroThreshold: number("z_bucket_w"),
    zeroCount: number("z_bucket"),
    count: number("count"),
    sum: number("sum"),
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
    customBounds: list("custom_values"),
  };
  refuseBadSchema(histogram, refuse);
  return { ...histogram, hintTold: hint !== undefined };
}

function refuseBadSchema({ schema }: NativeHistogram, refuse: Refuse): void {
  if (schema === CUSTOM_SCHEMA || (schema >= -4 && schema <= 8)) return;
  refuse(`schema must be -4 to 8, or ${CUSTOM_SCHEMA} for custom buckets, not ${schema}`);
}

function fieldsOf(body: string, refuse: Refuse): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let end = 0;
  for (const match of body.matchAll(FIELD)) {
    const [whole, name = "", value = ""] = match;
    if (!NUMBERS.has(name) && !INTEGERS.has(name) && !LISTS.has(name)) {
      if (name !== "counter_reset_hint") refuse(`a histogram has no "${name}"`);
    }
    if (fields.has(name)) refuse(`"${name}" is told twice`);
    fields.set(name, value);
    end = match.index + whole.length;
  }
  const rest = body.slice(end).trim();
  if (rest !== "") refuse(`expected a field such as count:3 or buckets:[1 2], got "${rest}"`);
  return fields;
}
