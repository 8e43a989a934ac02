import { type Binary, type Expr, unwrap } from "../promql/ast.ts";
import type { Catalog } from "./catalog.ts";
import type { LintFinding } from "./finding.ts";
import { type LabelShape, labelShape } from "./label-shape.ts";
import { nodesOf } from "../promql/walk.ts";

/** Operations between two vectors whose series can never find each other. */
export function* matchingSides(expr: Expr, catalog: Catalog): Generator<LintFinding> {
  for (const node of nodesOf(expr)) {
    if (node.kind !== "binary" || node.op === "or") continue;
    if (isPlain(node.left) || isPlain(node.right)) continue;
    const why = cannotMatch(node, labelShape(node.left, catalog), labelShape(node.right, catalog));
    if (why === undefined) continue;
    const message = `the sides of "${node.op}" can never match: ${why}`;
    yield { code: "sides-never-match", place: node.opPlace, message };
  }
}

/** A scalar has no series to match. */
function isPlain(expr: Expr): boolean {
  const inner = unwrap(expr);
  if (inner.kind === "number") return true;
  if (inner.kind === "binary") return isPlain(inner.left) && isPlain(inner.right);
  if (inner.kind === "unary") return isPlain(inner.expr);
  return inner.kind === "call" && ["scalar", "time", "pi"].includes(inner.name);
}

function cannotMatch(
  { matching }: Binary,
  left: LabelShape,
  right: LabelShape,
): string | undefined {
  const named = matching?.on === true ? matching.labels : [];
  const counts = (label: string): boolean =>
    matching === undefined || matching.labels.includes(label) === matching.on;
  const onlyLeft = missing(left, right, named).filter(counts);
  const onlyRight = missing(right, left, named).filter(counts);
  if (onlyLeft.length === 0 && onlyRight.length === 0) return undefined;
  const sides = [
    ...onlyLeft.map((label) => `only the left side has ${label}`),
    ...onlyRight.map((label) => `only the right side has ${label}`),
  ];
  return `${sides.join(", ")}; aggregate both by the same labels, or name the common ones with on()`;
}

/** Labels that one side has (where nothing is known of it: those that `on` names) and the other never. */
function missing(of: LabelShape, { may }: LabelShape, named: readonly string[]): string[] {
  if (may === undefined) return [];
  const has = of.may === undefined ? [...of.must, ...named] : [...of.must];
  return has.filter((label) => !may.has(label));
}
