import type { PatternNode } from "./tree.ts";

/** Most texts that a pattern is expanded into; beyond it the automaton is as fast. */
const TEXTS_MAX = 10_000;

/** Every text that a tree matches as a whole, where they are few: `a|b`, `gpt-(4|5)`. */
export function literalsOf(node: PatternNode): readonly string[] | undefined {
  switch (node.kind) {
    case "empty":
      return [""];
    case "char":
      return [String.fromCodePoint(node.code)];
    case "capture":
      return literalsOf(node.node);
    case "concat":
      return joined(node.nodes);
    case "class":
    case "any":
    case "assert":
    case "repeat":
      return undefined;
    case "alternate":
      break;
  }
  return united(node.nodes);
}

function united(nodes: readonly PatternNode[]): readonly string[] | undefined {
  const texts: string[] = [];
  for (const node of nodes) {
    const more = literalsOf(node);
    if (more === undefined || texts.length + more.length > TEXTS_MAX) return undefined;
    for (const text of more) texts.push(text);
  }
  return texts;
}

function joined(nodes: readonly PatternNode[]): readonly string[] | undefined {
  let texts: readonly string[] = [""];
  for (const node of nodes) {
    const ends = literalsOf(node);
    if (ends === undefined || texts.length * ends.length > TEXTS_MAX) return undefined;
    texts = texts.flatMap((text) => ends.map((end) => text + end));
  }
  return texts;
}
