import { childrenOf, type Expr, isComparison, unwrap } from "@naruko/core/promql/ast";
import { printExpr } from "@naruko/core/promql/print";
import { type Answer, type AnswerSeries, numberOf } from "./answer.ts";
import { compareAnswers, type Difference, isSame } from "./compare-answers.ts";
import type { Asked } from "./random-query.ts";
import { increaseOf } from "./rate-before-2-52.ts";
import type { Answers } from "./servers.ts";
import { treeOf } from "./shrink-query.ts";

/** A difference that was found, with what a reason needs to recognise it. */
export type Found = {
  readonly text: string;
  readonly asked: Asked;
  readonly difference: Difference;
  readonly answers: Answers;
  /** When the world begins, seconds since the epoch. */
  readonly baseS: number;
  /** Asks both servers something else over the same series. */
  readonly ask: (text: string, asked?: Asked) => Promise<Answers>;
};

/** A difference between Prometheus 2.42 and current Prometheus, which Naruko follows. */
export type KnownDifference = {
  /** As it stands in docs/promql.md, "Differences to Prometheus 2.x". */
  readonly name: string;
  readonly explains: (found: Found, top: Expr | undefined) => boolean | Promise<boolean>;
};

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: "atan2 drops the metric name",
    explains: ({ difference, answers: { ours } }, top) =>
      top?.kind === "binary" &&
      top.op === "atan2" &&
      (difference.what === "labels" ||
        (ours.kind === "refused" && ours.why.includes("the same labelset"))),
  },
  {
    name: "a counter is extended towards zero by at most half a distance of samples",
    explains: isAboutZeroPoint,
  },
  {
    name: "the deviation of an infinite value is NaN",
    explains: ({ difference: { values } }, top) =>
      top?.kind === "aggregation" &&
      top.op.startsWith("std") &&
      values !== undefined &&
      Number.isNaN(values.ours) &&
      !Number.isNaN(values.theirs),
  },
  {
    name: "which of equal values topk and bottomk pick",
    explains: ({ answers }, top) =>
      top?.kind === "aggregation" && /^(?:top|bottom)k$/.test(top.op) && pickEqualValues(answers),
  },
  {
    name: "count_values groups by all of its labels",
    explains: ({ difference }, top) =>
      difference.what === "labels" &&
      top?.kind === "aggregation" &&
      top.op === "count_values" &&
      !top.without &&
      top.grouping.length > 0,
  },
  {
    name: "predict_linear looks at the time that @ names, at every step",
    explains: ({ asked }, top) =>
      asked.kind === "range" &&
      top?.kind === "call" &&
      top.name === "predict_linear" &&
      top.args[0] !== undefined &&
      printExpr(top.args[0]).includes(" @ "),
  },
  {
    name: "an offset of a subquery does not move what @ fixes inside of it",
    explains: (_found, top) =>
      top?.kind === "subquery" && top.offsetMs !== 0 && printExpr(top.expr).includes(" @ "),
  },
  {
    name: "a pair that a filter drops counts as matched",
    explains: ({ answers: { ours, theirs } }, top) =>
      top?.kind === "binary" &&
      isComparison(top.op) &&
      !top.bool &&
      theirs.kind !== "refused" &&
      ours.kind === "refused" &&
      ours.why.includes("multiple matches for labels"),
  },
  {
    name: "label names may be quoted",
    explains: ({ answers }) =>
      refusedThere(answers, /unexpected string .* in (?:grouping opts|label matching)/),
  },
  {
    name: "durations are numbers and numbers are durations",
    explains: ({ answers }) =>
      refusedThere(answers, /unexpected (?:duration|number) |missing unit character in duration/),
  },
  {
    name: "compensated sums keep an infinity",
    explains: ({ difference: { values } }, top) =>
      top?.kind === "call" &&
      /^(?:deriv|predict_linear|std(?:dev|var)_over_time)$/.test(top.name) &&
      Math.abs(values?.ours ?? 0) === Infinity &&
      Number.isNaN(values?.theirs),
  },
  {
    name: "hyperbolic functions near the largest number",
    explains: ({ difference: { values } }, top) =>
      top?.kind === "call" &&
      /^(?:sin|cos)h$/.test(top.name) &&
      Math.abs(values?.ours ?? 0) > 1e300 &&
      Math.abs(values?.theirs ?? 0) > 1e300,
  },
  { name: "the last digits of a number", explains: isRounding },
  { name: "the last digits of a number", explains: isCancellation },
];

/** The name of the reason for a difference; `undefined` where there is none that is known. */
export async function reasonFor(found: Found): Promise<string | undefined> {
  const tree = treeOf(found.text);
  const top = tree === undefined ? undefined : unwrap(tree);
  for (const { name, explains } of KNOWN_DIFFERENCES) if (await explains(found, top)) return name;
  if (top === undefined) return undefined;
  // A difference of values may have become one of labels above, which could not be made smaller.
  for (const operand of operandsOf(top)) {
    for (const asked of timesOf(found, top)) {
      const text = printExpr(operand);
      const answers = await found.ask(text, asked);
      const difference = compareAnswers(answers.ours, answers.theirs, "none");
      if (difference === undefined) continue;
      const ask: Found["ask"] = (other, when = asked) => found.ask(other, when);
      return reasonFor({ ...found, text, asked, answers, difference, ask });
    }
  }
  return undefined;
}

/** When the parts of an expression are asked: a subquery's at the times of its samples. */
function timesOf({ asked, answers: { theirs }, baseS }: Found, top: Expr): readonly Asked[] {
  if (top.kind !== "subquery" || theirs.kind !== "series") return [asked];
  const times = new Set(theirs.series.flatMap(({ points }) => points.map(([at]) => at - baseS)));
  return [...times].map((atS) => ({ kind: "instant", atS }));
}

/** The parts that can be asked for themselves. */
function operandsOf(top: Expr): readonly Expr[] {
  return childrenOf(top).filter((child) => {
    const { kind } = unwrap(child);
    return kind !== "string" && kind !== "number" && top.kind !== "range";
  });
}

/** Their parser refused what ours takes. */
function refusedThere({ ours, theirs }: Answers, why: RegExp): boolean {
  if (theirs.kind !== "refused" || theirs.status !== 400 || !why.test(theirs.why)) return false;
  return ours.kind !== "refused" || ours.errorType === "execution";
}

/** Both formulas, over the samples as Prometheus has them, give what was answered. */
async function isAboutZeroPoint(found: Found, top: Expr | undefined): Promise<boolean> {
  const { asked, answers, ask } = found;
  const range =
    top?.kind === "call" && /^(?:rate|increase)$/.test(top.name) ? top.args[0] : undefined;
  if (range === undefined || top?.kind !== "call" || asked.kind !== "instant") return false;
  const inner = unwrap(range);
  if (inner.kind !== "range" && inner.kind !== "subquery") return false;
  const { ours, theirs } = answers;
  if (ours.kind !== "series" || theirs.kind !== "series") return false;
  const samples = (await ask(printExpr(inner))).theirs;
  if (samples.kind !== "series") return false;
  const shifted = inner.kind === "range" ? inner.selector : inner;
  const atS = shifted.at?.kind === "time" ? shifted.at.atMs / 1000 : asked.atS;
  const toS = found.baseS + atS - shifted.offsetMs / 1000;
  const window = { fromS: toS - inner.rangeMs / 1000, toS };
  const per = top.name === "rate" ? inner.rangeMs / 1000 : 1;
  const follows = (answer: readonly AnswerSeries[], version: "before" | "since"): boolean => {
    const wanted = samples.series.flatMap(({ points }) => {
      const values = points.map(([at, value]) => [at, numberOf(value)] as const);
      const increase = increaseOf(values, window, version);
      return increase === undefined ? [] : [increase / per];
    });
    return sameValues(answer.flatMap(valueOf), wanted);
  };
  return follows(ours.series, "since") && follows(theirs.series, "before");
}

function valueOf({ points }: AnswerSeries): readonly number[] {
  return points.map(([, value]) => numberOf(value));
}

/** Whether two lists hold the same values, in whichever order. */
function sameValues(a: readonly number[], b: readonly number[]): boolean {
  const [left, right] = [a, b].map((values) => Float64Array.from(values).toSorted());
  return (
    a.length === b.length && left?.every((x, i) => isSame(String(x), String(right?.[i]))) === true
  );
}

/** At each time both picked as many series, with the same values. */
function pickEqualValues({ ours, theirs }: Answers): boolean {
  const [here, there] = [valuesByTime(ours), valuesByTime(theirs)];
  if (here.size !== there.size) return false;
  return [...here].every(([at, values]) => sameValues(values, there.get(at) ?? []));
}

function valuesByTime(answer: Answer): ReadonlyMap<number, readonly number[]> {
  const values = new Map<number, number[]>();
  if (answer.kind !== "series") return values;
  for (const { points } of answer.series) {
    for (const [at, value] of points) {
      const known = values.get(at) ?? [];
      known.push(numberOf(value));
      values.set(at, known);
    }
  }
  return values;
}

const JUMPING_CALLS: ReadonlySet<string> = new Set(
  "floor ceil round sgn sin cos tan resets changes rate increase irate exp".split(" "),
);

/**
 * Something that jumps (a comparison, `floor`, values as labels), over values that are equal here and
 * there but for their last digits: the platforms' functions differ in those, and sums by their order.
 */
async function isRounding({ ask }: Found, top: Expr | undefined): Promise<boolean> {
  const jumps =
    (top?.kind === "binary" && (isComparison(top.op) || /^(?:%|\^|atan2)$/.test(top.op))) ||
    (top?.kind === "call" && JUMPING_CALLS.has(top.name)) ||
    (top?.kind === "aggregation" && /^(?:count_values|topk|bottomk)$/.test(top.op));
  if (!jumps) return false;
  let differ = false;
  for (const operand of operandsOf(top)) {
    const { ours, theirs } = await ask(printExpr(operand));
    const [here, there] = [digitsOf(ours), digitsOf(theirs)];
    if (here.length !== there.length) return false;
    if (!here.every((value, i) => isSame(value, there[i] ?? ""))) return false;
    differ ||= here.some((value, i) => value !== there[i]);
  }
  return differ;
}

const CANCELLING_CALLS =
  /^(?:deriv|predict_linear|stddev_over_time|stdvar_over_time|sum_over_time|avg_over_time)$/;

/** What a result may be off by, as a share of what it was made from. */
const CANCELLATION = 1e-10;

/** A small difference of large numbers: what is left of them are their last digits. */
async function isCancellation(
  { ask, difference: { values } }: Found,
  top: Expr | undefined,
): Promise<boolean> {
  const cancels =
    (top?.kind === "binary" && /^[-+%]$/.test(top.op)) ||
    (top?.kind === "call" && CANCELLING_CALLS.test(top.name)) ||
    (top?.kind === "aggregation" && /^(?:sum|avg|stddev|stdvar)$/.test(top.op));
  if (!cancels || values === undefined) return false;
  let largest = 0;
  for (const operand of operandsOf(top)) {
    for (const value of digitsOf((await ask(printExpr(operand))).theirs)) {
      const size = Math.abs(numberOf(value));
      if (Number.isFinite(size)) largest = Math.max(largest, size);
    }
  }
  const isSquare = top.kind === "aggregation" ? top.op === "stdvar" : false;
  const scale = isSquare ? largest ** 2 : largest;
  return Math.abs(values.ours - values.theirs) <= CANCELLATION * scale;
}

/** All values as they are written, in an order that both share. */
function digitsOf(answer: Answer): readonly string[] {
  if (answer.kind === "refused") return [];
  if (answer.kind === "single") return answer.points.map(([, value]) => value);
  return answer.series
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ points }) => points.map(([, value]) => value));
}
