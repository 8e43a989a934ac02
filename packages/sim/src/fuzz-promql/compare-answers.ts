import type { Answer, AnswerSeries, Point } from "./answer.ts";
import { numberOf } from "./answer.ts";

/** In what two answers differ. */
export type Difference = {
  readonly what: "status" | "type" | "labels" | "times" | "values" | "order";
  readonly detail: string;
  /** The values that differ. */
  readonly values?: { readonly ours: number; readonly theirs: number };
};

/** What Prometheus' test scripts allow between a value and the expected one. */
const TOLERANCE = 1e-6;

/** How results are ordered: `values` where only equal values may change places. */
export type Order = "none" | "labels" | "values";

/** The first difference that is found; `undefined` where the answers say the same. */
export function compareAnswers(ours: Answer, theirs: Answer, order: Order): Difference | undefined {
  if (ours.kind === "refused" || theirs.kind === "refused") return compareRefusals(ours, theirs);
  if (ours.type !== theirs.type) {
    return { what: "type", detail: `${ours.type} here, ${theirs.type} there` };
  }
  if (ours.kind === "single" || theirs.kind === "single") {
    const [a, b] = [ours, theirs].map((one) => (one.kind === "single" ? one.points : []));
    return comparePoints(ours.type, a ?? [], b ?? []);
  }
  return compareSeries(ours.series, theirs.series, order);
}

function compareRefusals(ours: Answer, theirs: Answer): Difference | undefined {
  const [here, there] = [statusOf(ours), statusOf(theirs)];
  if (here === there) return undefined;
  return { what: "status", detail: `${here} here, ${there} there` };
}

function statusOf(answer: Answer): string {
  return answer.kind === "refused" ? `${answer.status} ${answer.errorType}` : "200";
}

function compareSeries(
  ours: readonly AnswerSeries[],
  theirs: readonly AnswerSeries[],
  order: Order,
): Difference | undefined {
  const there = new Map(theirs.map((one) => [one.name, one]));
  const here = new Set(ours.map(({ name }) => name));
  const extra = ours.filter(({ name }) => !there.has(name)).map(({ name }) => name);
  const missing = theirs.filter(({ name }) => !here.has(name)).map(({ name }) => name);
  if (extra.length > 0 || missing.length > 0) {
    const detail = `only here: ${extra.join(", ")}; only there: ${missing.join(", ")}`;
    return { what: "labels", detail };
  }
  if (here.size !== ours.length) return { what: "labels", detail: "a series comes twice here" };
  for (const { name, points } of ours) {
    const difference = comparePoints(name, points, there.get(name)?.points ?? []);
    if (difference !== undefined) return difference;
  }
  return compareOrder(ours, theirs, order);
}

function compareOrder(
  ours: readonly AnswerSeries[],
  theirs: readonly AnswerSeries[],
  order: Order,
): Difference | undefined {
  if (order === "none") return undefined;
  const key = ({ name, points }: AnswerSeries): string =>
    order === "labels" ? name : String(numberOf(points[0]?.[1] ?? ""));
  for (const [i, one] of ours.entries()) {
    const other = theirs[i];
    if (other === undefined || key(one) === key(other)) continue;
    if (order === "values" && isSame(one.points[0]?.[1] ?? "", other.points[0]?.[1] ?? ""))
      continue;
    return { what: "order", detail: `at ${i}: ${one.name} here, ${other.name} there` };
  }
  return undefined;
}

function timesOf(points: readonly Point[]): string {
  return points.map(([at]) => at).join(" ");
}

function comparePoints(
  name: string,
  ours: readonly Point[],
  theirs: readonly Point[],
): Difference | undefined {
  if (timesOf(ours) !== timesOf(theirs)) {
    const detail = `${name}: at ${timesOf(ours)} here, at ${timesOf(theirs)} there`;
    return { what: "times", detail };
  }
  for (const [i, [at, value]] of ours.entries()) {
    const other = theirs[i]?.[1] ?? "";
    if (isSame(value, other)) continue;
    const values = { ours: numberOf(value), theirs: numberOf(other) };
    return { what: "values", detail: `${name} at ${at}: ${value} here, ${other} there`, values };
  }
  return undefined;
}

/** Whether two values count as equal. */
export function isSame(ours: string, theirs: string): boolean {
  if (ours === theirs) return true;
  const [a, b] = [numberOf(ours), numberOf(theirs)];
  if (a === b) return true;
  return Math.abs(a - b) / (Math.abs(a) + Math.abs(b)) < TOLERANCE;
}
