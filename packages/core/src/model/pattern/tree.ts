import type { CharClass } from "./char-class.ts";

/** A parsed pattern. Groups that capture nothing have left no trace; flags are resolved. */
export type PatternNode =
  | { readonly kind: "empty" }
  | { readonly kind: "char"; readonly code: number }
  | { readonly kind: "class"; readonly members: CharClass }
  | { readonly kind: "any" }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "capture"; readonly index: number; readonly node: PatternNode }
  | { readonly kind: "concat"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "alternate"; readonly nodes: readonly PatternNode[] }
  | RepeatNode;

export type RepeatNode = {
  readonly kind: "repeat";
  readonly node: PatternNode;
  readonly min: number;
  /** Infinity where there is no upper bound. */
  readonly max: number;
  readonly greedy: boolean;
};

/** What holds between two code points and consumes none. */
export type Assertion =
  "text-start" | "text-end" | "line-start" | "line-end" | "word-edge" | "no-word-edge";

/** Whether a node can match the empty text (assertions count as such). */
export function isNullable(node: PatternNode): boolean {
  switch (node.kind) {
    case "empty":
    case "assert":
      return true;
    case "char":
    case "class":
    case "any":
      return false;
    case "capture":
      return isNullable(node.node);
    case "concat":
      return node.nodes.every(isNullable);
    case "alternate":
      return node.nodes.some(isNullable);
    case "repeat":
      break;
  }
  return node.min === 0 || isNullable(node.node);
}
