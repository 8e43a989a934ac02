import type { InputKind } from "./input-error.ts";
import { Automaton } from "./pattern/automaton.ts";
import { literalsOf } from "./pattern/literals.ts";
import { parsePattern } from "./pattern/parse.ts";
import { compileProgram } from "./pattern/program.ts";
import { requiredText } from "./pattern/required-text.ts";
import { searchFor, type Slots } from "./pattern/search.ts";
import type { PatternNode } from "./pattern/tree.ts";

export { expand } from "./pattern/expand.ts";

export type PatternOptions = {
  /** Only the whole text counts, as if the pattern stood between `^(?:` and `)$`. */
  readonly anchored?: boolean;
  /** `.` also matches a line break, as if the pattern began with `(?s)`. */
  readonly dotAll?: boolean;
  /** What an error is called where the pattern is refused; `promql` where not told. */
  readonly kind?: InputKind;
};

/** A compiled regular expression of RE2's syntax; matching takes time linear in the text. */
export type Pattern = {
  readonly source: string;
  /** One a group, the whole match first; empty where the group has no name. */
  readonly names: readonly string[];
  readonly matches: (text: string) => boolean;
  /**
   * The texts of the first match and its groups; empty for a group that took no part, `undefined`
   * where nothing matches. Which match: the leftmost, then the one that the pattern prefers.
   */
  readonly captures: (text: string) => readonly string[] | undefined;
  /**
   * Where the first match at or after an offset lies: start and end of the match and of each group
   * in UTF-16 code units, -1 for a group that took no part.
   */
  readonly find: (text: string, start: number) => Slots | undefined;
  /** All texts that an anchored pattern matches, where they are few: an index looks them up. */
  readonly literals: ReadonlySet<string> | undefined;
};

/**
 * Compiles a regular expression of RE2's syntax, which has neither backreferences nor lookaround.
 * The platform's own expressions are not used for matching: they backtrack, and one expression
 * could stop evaluation for ever.
 *
 * @throws InputError of the given kind, its place counted from the start of the pattern
 */
export function compilePattern(source: string, options: PatternOptions = {}): Pattern {
  const { anchored = false, dotAll = false, kind = "promql" } = options;
  const { root, names } = parsePattern(source, dotAll, kind);
  const program = compileProgram(root, names.length, kind);
  const search = searchFor(program, anchored);
  const required = requiredText(root);
  // Most texts have no match, and are told so without a walk through the program.
  const find = (text: string, start: number): Slots | undefined =>
    text.includes(required, start) ? search(text, start) : undefined;
  const texts = anchored ? literalsOf(withoutAnchors(root)) : undefined;
  const literals = texts && new Set(texts);
  let decide: ((text: string) => boolean) | undefined;
  const matches = (text: string): boolean => {
    decide ??= quickly(root, anchored, literals) ?? thoroughly();
    return decide(text);
  };
  const thoroughly = (): ((text: string) => boolean) => {
    if (!anchored || !Automaton.accepts(program)) return (text) => find(text, 0) !== undefined;
    const automaton = new Automaton(program);
    return (text) => automaton.matches(text);
  };
  const captures = (text: string): readonly string[] | undefined => {
    const slots = find(text, 0);
    return slots && names.map((_name, i) => text.slice(slots[i * 2], slots[i * 2 + 1]));
  };
  return { source, names, matches, captures, find, literals };
}

/**
 * The text with every match replaced, as Go's Regexp.ReplaceAllStringFunc does: after an empty match
 * the text moves on by one character, and an empty match right behind another does not count.
 *
 * @param replacement is given the texts of the match and of its groups
 */
export function replaceMatches(
  { find, names }: Pattern,
  text: string,
  replacement: (captures: readonly string[]) => string,
): string {
  let result = "";
  let copied = 0;
  let from = 0;
  while (from <= text.length) {
    const slots = find(text, from);
    if (slots === undefined) break;
    const start = slots[0] ?? 0;
    const end = slots[1] ?? 0;
    result += text.slice(copied, start);
    if (end > copied || start === 0) {
      result += replacement(names.map((_name, i) => text.slice(slots[i * 2], slots[i * 2 + 1])));
    }
    copied = end;
    from = Math.max(end, from + charLength(text, from));
  }
  return result + text.slice(copied);
}

function charLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** Anchors at a whole pattern's ends say nothing where it is anchored anyway. */
function withoutAnchors(root: PatternNode): PatternNode {
  if (root.kind !== "concat") return root;
  const nodes = root.nodes.filter(
    (node, i) =>
      !(node.kind === "assert" && node.what === "text-start" && i === 0) &&
      !(node.kind === "assert" && node.what === "text-end" && i === root.nodes.length - 1),
  );
  return { kind: "concat", nodes };
}

/** Decides patterns of the most usual shapes without an automaton. */
function quickly(
  root: PatternNode,
  anchored: boolean,
  literals: ReadonlySet<string> | undefined,
): ((text: string) => boolean) | undefined {
  if (!anchored) return undefined;
  if (literals) return (text) => literals.has(text);
  const parts = root.kind === "concat" ? root.nodes : [root];
  const [first, last] = [parts.at(0), parts.at(-1)];
  if (parts.length === 1 && isAnything(first, 1)) return (text) => text !== "";
  const openStart = isAnything(first, 0);
  const openEnd = isAnything(last, 0);
  if (!openStart && !openEnd) return undefined;
  if (parts.length === 1) return () => true;
  const nodes = parts.slice(openStart ? 1 : 0, openEnd ? -1 : undefined);
  const [inside, ...others] = literalsOf({ kind: "concat", nodes }) ?? [];
  if (inside === undefined || others.length > 0) return undefined;
  if (openStart && openEnd) return (text) => text.includes(inside);
  return openStart ? (text) => text.endsWith(inside) : (text) => text.startsWith(inside);
}

/** `.*` (at least 0) or `.+` (at least 1) where the dot means every character. */
function isAnything(node: PatternNode | undefined, min: number): boolean {
  const repeats = node?.kind === "repeat" && node.max === Infinity && node.min === min;
  return repeats && node.node.kind === "any";
}
