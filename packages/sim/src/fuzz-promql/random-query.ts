import type { Random } from "../random.ts";
import { GRID_S, WORLD_S } from "./world.ts";

/** How a query is asked; times in seconds from the world's beginning. */
export type Asked =
  | { readonly kind: "instant"; readonly atS: number }
  | {
      readonly kind: "range";
      readonly fromS: number;
      readonly toS: number;
      readonly stepS: number;
    };

/** A query as text; `@` counts from the world's beginning. */
export type RandomQuery = { readonly text: string; readonly asked: Asked };

/** Queries of which some are meant to be refused. */
const BROKEN = 0.08;

export function randomQuery(random: Random): RandomQuery {
  const write = new QueryWriter(random);
  const depth = random.pick([1, 2, 2, 3, 4]);
  const asked = randomTimes(random);
  if (asked.kind === "instant" && random.chance(0.04)) {
    return { asked, text: random.chance(0.3) ? '"text"' : write.range(1) };
  }
  const text = random.chance(0.07) ? write.scalar(depth) : write.vector(depth);
  return { asked, text: random.chance(BROKEN) ? broken(random, text) : text };
}

/** Multiples of the grid, late enough that most windows are full, early enough that all are at times. */
function randomTimes(random: Random): Asked {
  const moment = (): number => (30 + random.int(WORLD_S / GRID_S)) * GRID_S;
  if (random.chance(0.5)) return { kind: "instant", atS: moment() };
  const fromS = moment();
  const stepS = random.pick([10, 20, 30, 60, 300]);
  return { kind: "range", fromS, toS: fromS + stepS * random.int(30), stepS };
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[\w.:]+|[=!<>]=|[=!]~|\s+|./g;

/** A text with one slip: a token lost, doubled, exchanged for another or for something unknown. */
function broken(random: Random, text: string): string {
  const tokens = text.match(TOKEN) ?? [text];
  const at = random.int(tokens.length);
  const other = tokens[random.int(tokens.length)] ?? "";
  const slips = [
    "",
    `${tokens[at]} ${tokens[at]}`,
    other,
    "foo",
    "(",
    "1",
    '"x"',
    "[5m]",
    "by",
    "{}",
  ];
  return tokens.with(at, slips[random.int(slips.length)] ?? "").join("");
}

const MATH =
  "abs ceil floor exp sqrt ln log2 log10 sgn deg rad acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh".split(
    " ",
  );
const CALENDAR = "minute hour day_of_week day_of_month day_of_year days_in_month month year".split(
  " ",
);
const OVER_TIME =
  "rate increase delta irate idelta resets changes deriv sum_over_time avg_over_time min_over_time max_over_time count_over_time last_over_time present_over_time absent_over_time stddev_over_time stdvar_over_time rate increase".split(
    " ",
  );
const ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2", "+", "-", "*", "/"];
const COMPARISONS = ["==", "!=", ">", "<", ">=", "<="];
const AGGREGATIONS = "sum avg min max count group stddev stdvar sum".split(" ");
const LABELS = ["job", "inst", "zone", "code", "version", "le", "nothing"];
const METRICS = "c_total d_total g w lone meta h_bucket h_sum h_count g c_total".split(" ");
const RANGES = ["10s", "30s", "1m", "2m", "5m", "5m", "10m", "30m"];
// Steps begin at multiples of themselves, so that a range of 7 s over a multiple has none at its end.
const SUBQUERIES = ["57s:10s", "2m7s:30s", "5m7s:", "10m7s:1m", "3m37s:20s", "97s:60s"];
const OFFSETS = ["10s", "1m", "5m", "7m30s", "-30s", "-5m", "20m"];
const NUMBERS = ["0", "1", "2", "-1", "0.5", "10", "1e3", "0x1F", "100", "3.25", "-0.125", "60"];
const ODD_NUMBERS = ["Inf", "-Inf", "NaN", "0", "1e300"];

/** Writes expressions of the kind that is asked for, no deeper than asked for. */
class QueryWriter {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  vector(depth: number): string {
    if (depth <= 0) return this.#selector();
    const random = this.#random;
    const roll = random.next();
    if (roll < 0.08) return this.#selector();
    if (roll < 0.28) return this.#aggregation(depth);
    if (roll < 0.48) return this.#overTime(depth);
    if (roll < 0.72) return this.#binary(depth);
    if (roll < 0.8) return `${this.#one(MATH)}(${this.vector(depth - 1)})`;
    if (roll < 0.84) return this.#histogram(depth);
    if (roll < 0.88) return this.#relabelled(depth);
    if (roll < 0.97) return this.#other(depth);
    if (roll < 0.985) return `(${this.vector(depth - 1)})`;
    return `-${this.vector(depth - 1)}`;
  }

  scalar(depth: number): string {
    const roll = this.#random.next();
    if (depth <= 0 || roll < 0.5) return this.#number();
    if (roll < 0.65) return "time()";
    if (roll < 0.7) return "pi()";
    if (roll < 0.85) return `scalar(${this.vector(depth - 1)})`;
    const op = this.#random.chance(0.3) ? `${this.#one(COMPARISONS)} bool` : this.#one(ARITHMETIC);
    return `(${this.scalar(depth - 1)} ${op} ${this.scalar(depth - 1)})`;
  }

  range(depth: number): string {
    if (depth > 0 && this.#random.chance(0.3)) {
      return `${this.#primary(depth - 1)}[${this.#one(SUBQUERIES)}]${this.#shift()}`;
    }
    return `${this.#bare()}[${this.#one(RANGES)}]${this.#shift()}`;
  }

  #one(items: readonly string[]): string {
    return items[this.#random.int(items.length)] ?? "";
  }

  #number(): string {
    return this.#one(this.#random.chance(0.05) ? ODD_NUMBERS : NUMBERS);
  }

  /** What a subquery's brackets may follow as it stands. */
  #primary(depth: number): string {
    const text = this.vector(depth);
    return /^\w+(?:\{[^{}]*\})?$/.test(text) || /^\w+\([^()]*\)$/.test(text) ? text : `(${text})`;
  }

  #bare(): string {
    const random = this.#random;
    const metric = this.#one(METRICS);
    const matchers: string[] = [];
    while (random.chance(0.25) && matchers.length < 2) matchers.push(this.#matcher());
    if (random.chance(0.04)) return `{${[`__name__=~"${metric}|w"`, ...matchers].join(",")}}`;
    return matchers.length === 0 ? metric : `${metric}{${matchers.join(",")}}`;
  }

  #matcher(): string {
    const name = this.#one(LABELS);
    const op = this.#one(["=", "!=", "=~", "!~"]);
    const value = this.#one(["a", "b", "1", "x", "", "500", "v1"]);
    return `${name}${op}"${op.endsWith("~") ? this.#one([value, "a|1", ".+", "[12]", ""]) : value}"`;
  }

  #selector(): string {
    return `${this.#bare()}${this.#shift()}`;
  }

  #shift(): string {
    const random = this.#random;
    const at = this.#one(["@ start()", "@ end()", `@ ${(60 + random.int(300)) * GRID_S}`]);
    const offset = `offset ${this.#one(OFFSETS)}`;
    const parts = [random.chance(0.08) ? at : "", random.chance(0.12) ? offset : ""];
    if (random.chance(0.5)) parts.reverse();
    return parts.map((part) => (part === "" ? "" : ` ${part}`)).join("");
  }

  #grouping(word: string): string {
    const names = LABELS.filter(() => this.#random.chance(0.25));
    return `${word} (${names.join(", ")})`;
  }

  #aggregation(depth: number): string {
    const random = this.#random;
    const inner = this.vector(depth - 1);
    const roll = random.next();
    let [op, args] = [this.#one(AGGREGATIONS), inner];
    if (roll < 0.15) [op, args] = [this.#one(["topk", "bottomk"]), `${random.int(4)}, ${inner}`];
    else if (roll < 0.22) [op, args] = ["quantile", `${this.#quantile()}, ${inner}`];
    else if (roll < 0.27) [op, args] = ["count_values", `"${this.#one(["v", "job"])}", ${inner}`];
    const word = random.next();
    if (word < 0.3) return `${op}(${args})`;
    return `${op} ${this.#grouping(word < 0.75 ? "by" : "without")} (${args})`;
  }

  #quantile(): string {
    return this.#one(["0", "0.5", "0.9", "0.95", "1", "0.25", "-1", "1.5"]);
  }

  #overTime(depth: number): string {
    const roll = this.#random.next();
    const inner = this.range(depth - 1);
    if (roll < 0.06) return `quantile_over_time(${this.#quantile()}, ${inner})`;
    if (roll < 0.12) return `predict_linear(${inner}, ${this.#one(["60", "3600", "-10"])})`;
    return `${this.#one(OVER_TIME)}(${inner})`;
  }

  #binary(depth: number): string {
    const random = this.#random;
    const roll = random.next();
    const left = (): string => this.#operand(depth - 1);
    const op = random.chance(0.35)
      ? `${this.#one(COMPARISONS)}${random.chance(0.4) ? " bool" : ""}`
      : this.#one(ARITHMETIC);
    if (roll < 0.2) return `${left()} ${op} ${this.scalar(1)}`;
    if (roll < 0.3) return `${this.scalar(1)} ${op} ${left()}`;
    if (roll < 0.5)
      return `${left()} ${this.#one(["and", "or", "unless"])}${this.#match()} ${left()}`;
    if (roll < 0.6) {
      // The same series on both sides: they match one to one.
      const one = left();
      return `${one} ${op} ${one}`;
    }
    const matching = this.#match();
    const group = matching === "" || random.chance(0.5) ? "" : this.#group();
    return `${left()} ${op}${matching}${group} ${left()}`;
  }

  #operand(depth: number): string {
    const text = this.vector(depth);
    return this.#random.chance(0.85) && /\s/.test(text) ? `(${text})` : text;
  }

  #match(): string {
    const roll = this.#random.next();
    if (roll < 0.35) return "";
    return ` ${this.#grouping(roll < 0.75 ? "on" : "ignoring")}`;
  }

  #group(): string {
    const word = this.#one(["group_left", "group_right"]);
    return this.#random.chance(0.5) ? ` ${word}` : ` ${word} (${this.#one(LABELS)})`;
  }

  #histogram(depth: number): string {
    const range = this.#one(RANGES);
    const buckets = this.#one([
      `rate(h_bucket[${range}])`,
      `sum by (le) (rate(h_bucket[${range}]))`,
      `increase(h_bucket[${range}])`,
      "h_bucket",
      this.vector(depth - 1),
    ]);
    return `histogram_quantile(${this.#quantile()}, ${buckets})`;
  }

  #relabelled(depth: number): string {
    const inner = this.vector(depth - 1);
    if (this.#random.chance(0.4)) {
      return `label_join(${inner}, "${this.#one(["to", "job"])}", "-", "job", "${this.#one(LABELS)}")`;
    }
    const pattern = this.#one(["(.*)", "(.)(.*)", "a", "([ab])|(.*)", "", "x+"]);
    const value = this.#one(["$1", "$2-$1", "new", "", "${1}z"]);
    const to = this.#one(["to", "job", "inst", "__name__"]);
    return `label_replace(${inner}, "${to}", "${value}", "${this.#one(LABELS)}", "${pattern}")`;
  }

  #other(depth: number): string {
    const inner = this.vector(depth - 1);
    const number = (): string => this.scalar(this.#random.chance(0.2) ? 1 : 0);
    const writers: readonly (() => string)[] = [
      () => `absent(${inner})`,
      () => `vector(${this.scalar(depth - 1)})`,
      () => `sort(${inner})`,
      () => `sort_desc(${inner})`,
      () => `timestamp(${inner})`,
      () => `clamp(${inner}, ${number()}, ${number()})`,
      () => `clamp_min(${inner}, ${number()})`,
      () => `clamp_max(${inner}, ${number()})`,
      () => `round(${inner})`,
      () => `round(${inner}, ${number()})`,
      () => `${this.#one(CALENDAR)}(${this.#random.chance(0.3) ? "" : `timestamp(${inner})`})`,
    ];
    return writers[this.#random.int(writers.length)]?.() ?? inner;
  }
}
