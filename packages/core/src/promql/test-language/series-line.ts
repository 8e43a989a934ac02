import { parseFloatText } from "../../model/go-float.ts";
import { InputError, type Place } from "../../model/input-error.ts";
import { type Labels, labelsFrom, NO_LABELS } from "../../model/labels.ts";
import { type NativeHistogram, STALE, type Stale } from "../../model/sample.ts";
import { parseSelector } from "../selector-parser.ts";
import { TokenStream } from "../token-stream.ts";
import { readHistograms } from "./read-histograms.ts";

/** One value of the notation; `undefined` is a gap. */
export type SeriesValue = number | WrittenHistogram | Stale | undefined;

/** A native histogram as a script writes it, `{{schema:0 count:3 …}}`. */
export type WrittenHistogram = NativeHistogram & {
  /** Whether the text names the counter reset hint; where it does not, none is expected. */
  readonly hintTold: boolean;
};

export type SeriesLine = { readonly labels: Labels; readonly values: readonly SeriesValue[] };

/** Values of one line; a repetition that would give more is refused. */
const VALUES_MAX = 1_000_000;

/**
 * Reads a series in the notation of Prometheus' test scripts: labels, then values a step apart.
 * `1+2x3` is 1 3 5 7, `4x2` is 4 4 4, `_` a gap, `_x3` three, `stale` a stale marker, `{{count:3}}`
 * a native histogram, `{{count:3}}+{{count:1}}x2` three.
 *
 * @example `up{job="api"} 1 1 _ stale 0x5`
 * @throws InputError of kind `promql`, its place counted from the start of the line
 */
export function parseSeriesLine(text: string): SeriesLine {
  const { labels, end } = parseSeriesName(text);
  const values: SeriesValue[] = [];
  for (const match of text.slice(end).matchAll(/(?:\{\{.*?\}\}[^\s{]*)+|\S+/g)) {
    const from = end + match.index;
    const place = { from, to: from + match[0].length };
    for (const value of readItem(match[0], place)) values.push(value);
    if (values.length > VALUES_MAX) {
      throw new InputError("promql", `more than ${VALUES_MAX} values in one series`, place);
    }
  }
  return { labels, values };
}

/**
 * Reads the series that a text begins with, `up{job="api"}`, and says where it ends.
 *
 * @throws InputError as `parseSeriesLine`
 */
export function parseSeriesName(text: string): { readonly labels: Labels; readonly end: number } {
  const end = metricEnd(text);
  return { labels: parseLabels(text.slice(0, end)), end };
}

/** Where the metric ends: after its closing brace, or at the first space. */
function metricEnd(text: string): number {
  const name = /^\s*[A-Za-z0-9_:]*/.exec(text)?.[0].length ?? 0;
  if (text[name] !== "{") return name;
  const braces = /\{(?:[^"'`}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\}/y;
  braces.lastIndex = name;
  const found = braces.exec(text);
  if (found !== null) return name + found[0].length;
  const place = { from: name, to: text.length };
  throw new InputError("promql", 'labels without their closing "}"', place);
}

function parseLabels(metric: string): Labels {
  if (/^\s*\{\s*\}\s*$/.test(metric)) return NO_LABELS;
  const bare = /^\s*([A-Za-z0-9_:]+)\s*\{\s*\}\s*$/.exec(metric)?.[1] ?? metric;
  const { matchers, place } = parseSelector(new TokenStream(bare));
  if (matchers.some(({ op }) => op !== "=")) {
    throw new InputError("promql", 'labels of a series are written with "="', place);
  }
  return labelsFrom(matchers.map(({ name, value }) => [name, value] as const));
}

const REPEATED = /^(.*?)x(\d+)$/;
const SLOPE = /^(.*[^eE])([+-].+)$/;

function readItem(item: string, place: Place): Iterable<SeriesValue> {
  if (item.startsWith("{{")) return readHistograms(item, place, VALUES_MAX);
  if (item === "_") return [undefined];
  if (item === STALE) return [STALE];
  const refuse = (): never => {
    const wanted = 'a number, "_", "stale", 1x3 or 1+2x3';
    throw new InputError("promql", `bad value ${JSON.stringify(item)}, expected ${wanted}`, place);
  };
  const [, repeated, times] = REPEATED.exec(item) ?? [];
  if (repeated === undefined) return [parseFloatText(item) ?? refuse()];
  const count = Math.min(Number(times), VALUES_MAX + 1);
  if (repeated === "_") return Array.from({ length: count }, () => undefined);
  const plain = parseFloatText(repeated);
  if (plain !== undefined) return stepping(plain, 0, count);
  const [, start = "", slope = ""] = SLOPE.exec(repeated) ?? [];
  return stepping(parseFloatText(start) ?? refuse(), parseFloatText(slope) ?? refuse(), count);
}

/** Adds up as Prometheus does, one rounding a step, so that loaded values agree to the last digit. */
function stepping(start: number, slope: number, count: number): number[] {
  const values = [start];
  for (let i = 0; i < count; i++) values.push((values[i] ?? NaN) + slope);
  return values;
}
