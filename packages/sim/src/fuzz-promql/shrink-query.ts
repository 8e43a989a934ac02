import { InputError } from "@naruko/core/model/input-error";
import { childrenOf, type Expr, unwrap } from "@naruko/core/promql/ast";
import { parse } from "@naruko/core/promql/parser";
import { printExpr } from "@naruko/core/promql/print";

/** The tree of a text; `undefined` where it is none. */
export function treeOf(text: string): Expr | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/**
 * Smaller texts than a query's, the smallest first: the parts of its tree, then the tree with one part
 * replaced by a part of that or left bare.
 *
 * @param byToken where it matters how the text is written, it is tried without some tokens, too
 */
export function smallerQueries(text: string, byToken: boolean): readonly string[] {
  const tree = treeOf(text);
  if (tree === undefined) return byToken ? withoutTokens(text) : [];
  const found = new Set<string>();
  for (const part of partsOf(tree)) found.add(printExpr(part));
  for (const smaller of smallerTrees(tree)) found.add(printExpr(smaller));
  found.delete(text);
  const smaller = [...found]
    .filter((one) => one.length < text.length && treeOf(one) !== undefined)
    .toSorted((a, b) => a.length - b.length);
  return byToken ? [...smaller, ...withoutTokens(text)] : smaller;
}

function withoutTokens(text: string): readonly string[] {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[\w.:]+|\s+|./g) ?? [];
  const shorter: string[] = [];
  for (const count of [8, 4, 2, 1]) {
    for (let at = 0; at + count <= tokens.length; at++) {
      shorter.push([...tokens.slice(0, at), ...tokens.slice(at + count)].join(""));
    }
  }
  return shorter;
}

function partsOf(tree: Expr): readonly Expr[] {
  return childrenOf(tree).flatMap((child) => [child, ...partsOf(child)]);
}

/** The same tree with one place of it made smaller. */
function* smallerTrees(tree: Expr): Generator<Expr> {
  yield* barer(tree);
  for (const [i, child] of childrenOf(tree).entries()) {
    for (const part of partsOf(child)) yield withChild(tree, i, part);
    for (const smaller of smallerTrees(child)) yield withChild(tree, i, smaller);
  }
}

/** What can be left out of a node itself. */
function* barer(expr: Expr): Generator<Expr> {
  const { place } = expr;
  switch (expr.kind) {
    case "paren":
    case "unary":
      yield expr.expr;
      return;
    case "number":
      for (const value of [0, 1]) if (expr.value !== value) yield { kind: "number", value, place };
      return;
    case "selector": {
      const { at: _, ...rest } = expr;
      if (expr.at !== undefined) yield rest;
      if (expr.offsetMs !== 0) yield { ...expr, offsetMs: 0 };
      // The last one is the metric's name.
      for (const i of expr.matchers.slice(0, -1).keys()) {
        yield { ...expr, matchers: expr.matchers.toSpliced(i, 1) };
      }
      return;
    }
    case "subquery": {
      const { at: _, ...rest } = expr;
      if (expr.at !== undefined) yield rest;
      if (expr.offsetMs !== 0) yield { ...expr, offsetMs: 0 };
      return;
    }
    case "aggregation":
      for (const i of expr.grouping.keys()) {
        yield { ...expr, grouping: expr.grouping.toSpliced(i, 1) };
      }
      return;
    case "binary": {
      const { matching } = expr;
      if (matching === undefined) return;
      for (const i of matching.labels.keys()) {
        yield { ...expr, matching: { ...matching, labels: matching.labels.toSpliced(i, 1) } };
      }
      return;
    }
    case "string":
    case "range":
    case "call":
  }
}

/** A tree with one of its children, in the order of `childrenOf`, exchanged. */
function withChild(tree: Expr, index: number, child: Expr): Expr {
  switch (tree.kind) {
    case "call":
      return { ...tree, args: tree.args.with(index, child) };
    case "aggregation":
      return tree.param !== undefined && index === 0
        ? { ...tree, param: child }
        : { ...tree, expr: child };
    case "binary":
      return index === 0 ? { ...tree, left: child } : { ...tree, right: child };
    case "range": {
      const inner = unwrap(child);
      return inner.kind === "selector" ? { ...tree, selector: inner } : tree;
    }
    case "subquery":
    case "unary":
    case "paren":
      return { ...tree, expr: child };
    case "number":
    case "string":
    case "selector":
      return tree;
  }
}
