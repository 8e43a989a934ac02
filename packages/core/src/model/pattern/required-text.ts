import type { PatternNode } from "./tree.ts";

/** A text that every match has in it, the longest that is seen at once; empty where none is. */
export function requiredText(node: PatternNode): string {
  switch (node.kind) {
    case "char":
      return String.fromCodePoint(node.code);
    case "capture":
      return requiredText(node.node);
    case "concat":
      return longestRun(node.nodes);
    case "repeat":
      return node.min === 0 ? "" : requiredText(node.node);
    case "empty":
    case "class":
    case "any":
    case "assert":
    case "alternate":
      break;
  }
  return "";
}

/** Characters that follow each other, or what one of the other nodes has. */
function longestRun(nodes: readonly PatternNode[]): string {
  let longest = "";
  let run = "";
  for (const node of nodes) {
    const text = requiredText(node);
    run = node.kind === "char" ? run + text : "";
    for (const one of [text, run]) if (one.length > longest.length) longest = one;
  }
  return longest;
}
