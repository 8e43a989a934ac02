/**
 * Names as Prometheus' OTLP receiver writes them with its default strategy
 * (`UnderscoreEscapingWithSuffixes`). Source: OpenTelemetry specification, compatibility with
 * Prometheus and OpenMetrics; prometheus/otlptranslator.
 */

/** What a metric's name tells about its kind. */
export type NameKind = "gauge" | "counter" | "up-down-counter" | "histogram";

const UNITS: ReadonlyMap<string, string> = new Map([
  ["d", "days"],
  ["h", "hours"],
  ["min", "minutes"],
  ["s", "seconds"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
  ["ns", "nanoseconds"],
  ["By", "bytes"],
  ["KiBy", "kibibytes"],
  ["MiBy", "mebibytes"],
  ["GiBy", "gibibytes"],
  ["TiBy", "tibibytes"],
  ["KBy", "kilobytes"],
  ["MBy", "megabytes"],
  ["GBy", "gigabytes"],
  ["TBy", "terabytes"],
  ["m", "meters"],
  ["V", "volts"],
  ["A", "amperes"],
  ["J", "joules"],
  ["W", "watts"],
  ["g", "grams"],
  ["Cel", "celsius"],
  ["Hz", "hertz"],
  ["1", ""],
  ["%", "percent"],
]);

const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ["s", "second"],
  ["m", "minute"],
  ["h", "hour"],
  ["d", "day"],
  ["w", "week"],
  ["mo", "month"],
  ["y", "year"],
]);

/** The name without `_bucket`, `_sum`, `_count`; `undefined` where nothing of it is left. */
export function prometheusMetricName(
  name: string,
  unit: string,
  kind: NameKind,
): string | undefined {
  let tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== "");
  if (tokens.length === 0) return undefined;
  const { main, per } = unitSuffixes(unit);
  // A unit that is already a word of the name is not repeated.
  if (main !== "" && !tokens.includes(main)) tokens.push(main);
  if (per !== "" && !tokens.includes(per)) tokens.push(per);
  if (kind === "counter") tokens = [...tokens.filter((token) => token !== "total"), "total"];
  if (kind === "gauge" && unit === "1") {
    tokens = [...tokens.filter((token) => token !== "ratio"), "ratio"];
  }
  const joined = tokens.join("_");
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** A unit as Prometheus' label `__unit__` has it: `seconds`, `bytes_per_second`; may be empty. */
export function prometheusUnitName(unit: string): string {
  const { main, per } = unitSuffixes(unit);
  return [main, per].filter((word) => word !== "").join("_");
}

function unitSuffixes(unit: string): { readonly main: string; readonly per: string } {
  const slash = unit.indexOf("/");
  const main = unitWord(slash < 0 ? unit : unit.slice(0, slash), UNITS);
  const per = slash < 0 ? "" : unitWord(unit.slice(slash + 1), PER_UNITS);
  return { main, per: per === "" ? "" : `per_${per}` };
}

/** A unit in braces (`{token}`) is an annotation and leaves no word; unknown ones stay as they are. */
function unitWord(sent: string, words: ReadonlyMap<string, string>): string {
  const unit = sent.trim();
  if (/[{}]/.test(unit)) return "";
  const word = words.get(unit) ?? unit;
  return word
    .replace(/[^a-zA-Z0-9:]/gu, "_")
    .replace(/_{2,}/g, "_")
    .replace(/^_|_$/g, "");
}

/** An attribute's key as a label's name; `undefined` where nothing of it is left. */
export function prometheusLabelName(key: string): string | undefined {
  const name = key.replace(/[^a-zA-Z0-9_]/gu, "_");
  if (/^_*$/.test(name)) return undefined;
  if (/^\d/.test(name)) return `key_${name}`;
  return name.startsWith("_") && !name.startsWith("__") ? `key${name}` : name;
}
