import { InputError, type InputKind } from "../input-error.ts";
import {
  allBut,
  type CharClass,
  ClassBuilder,
  PERL_CLASSES,
  POSIX_CLASSES,
  type Ranges,
} from "./char-class.ts";
import type { PatternNode } from "./tree.ts";

/** RE2's bound on a counted repetition, and on the product of nested ones. */
const REPEAT_MAX = 1000;
/** Nesting of groups, as Go's parser bounds it. */
const DEPTH_MAX = 1000;
const CODE_MAX = 0x10ffff;

type Flags = { fold: boolean; multiline: boolean; dotAll: boolean; swapGreed: boolean };

const FLAG_NAMES: ReadonlyMap<string, keyof Flags> = new Map<string, keyof Flags>([
  ["i", "fold"],
  ["m", "multiline"],
  ["s", "dotAll"],
  ["U", "swapGreed"],
]);

const CONTROL_ESCAPES: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
]);

const NOT_NEWLINE: PatternNode = { kind: "class", members: allBut([0x0a, 0x0a]) };

export type ParsedPattern = {
  readonly root: PatternNode;
  /** One a group, from 0 (the whole match); empty where the group has no name. */
  readonly names: readonly string[];
};

/**
 * Reads a regular expression in RE2's syntax, as Go's `regexp/syntax` accepts it with its Perl
 * flags (https://github.com/google/re2/wiki/Syntax).
 *
 * @throws InputError of the given kind; its place counts from the start of the pattern
 */
export function parsePattern(source: string, dotAll: boolean, kind: InputKind): ParsedPattern {
  return new PatternParser(source, dotAll, kind).parse();
}

/** One item of a concatenation and the largest product of counted repetitions inside it. */
type Item = { readonly node: PatternNode; readonly copies: number };

class PatternParser {
  private readonly source: string;
  private readonly kind: InputKind;
  private readonly names: string[] = [""];
  private readonly takenNames = new Set<string>();
  private readonly folded = new Map<number, PatternNode>();
  private flags: Readonly<Flags>;
  private at = 0;
  private depth = 0;

  constructor(source: string, dotAll: boolean, kind: InputKind) {
    this.source = source;
    this.kind = kind;
    this.flags = { fold: false, multiline: false, dotAll, swapGreed: false };
  }

  parse(): ParsedPattern {
    const { node } = this.alternation();
    if (this.at < this.source.length) throw this.refusal("a ) without its (", this.at);
    return { root: node, names: this.names };
  }

  private refusal(what: string, from: number, to = Math.max(this.at, from + 1)): InputError {
    const shown = JSON.stringify(this.source.slice(from, to));
    const message = `regular expression, character ${from + 1}: ${what}: ${shown}`;
    return new InputError(this.kind, message, { from, to });
  }

  private peek(): string {
    return this.source.charAt(this.at);
  }

  private nextCode(): number {
    const code = this.source.codePointAt(this.at) ?? 0;
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  private alternation(): Item {
    const branches: Item[] = [this.concatenation()];
    while (this.peek() === "|") {
      this.at++;
      branches.push(this.concatenation());
    }
    const copies = Math.max(...this.copiesOf(branches));
    const nodes = branches.map((branch) => branch.node);
    const [only] = nodes;
    const node = nodes.length === 1 && only ? only : ({ kind: "alternate", nodes } as const);
    return { node, copies };
  }

  // A spread of very many arguments overflows the stack; only distinct products matter.
  private copiesOf(items: readonly Item[]): Set<number> {
    return new Set([1, ...new Set(items.map((item) => item.copies))]);
  }

  private concatenation(): Item {
    const items: Item[] = [];
    let repeated = false;
    while (this.at < this.source.length && this.peek() !== "|" && this.peek() !== ")") {
      const from = this.at;
      const bounds = this.repetition();
      if (bounds === undefined) {
        repeated = false;
        this.term(items);
        continue;
      }
      const last = items.pop();
      if (repeated) throw this.refusal("a repetition of a repetition needs a group", from);
      if (last === undefined) throw this.refusal("nothing stands before this repetition", from);
      items.push(this.repeat(last, bounds, from));
      repeated = true;
    }
    const copies = Math.max(...this.copiesOf(items));
    const nodes = items.map((item) => item.node);
    const [only] = nodes;
    if (only === undefined) return { node: { kind: "empty" }, copies };
    return { node: nodes.length === 1 ? only : { kind: "concat", nodes }, copies };
  }

  /** Reads `*`, `+`, `?` or `{n,m}` with its `?`; undefined, and nothing consumed, where none is. */
  private repetition(): { min: number; max: number; greedy: boolean } | undefined {
    const char = this.peek();
    let bounds: readonly [number, number] | undefined;
    if (char === "*") bounds = [0, Infinity];
    else if (char === "+") bounds = [1, Infinity];
    else if (char === "?") bounds = [0, 1];
    if (bounds) this.at++;
    else if (char === "{") bounds = this.counted();
    if (!bounds) return undefined;
    const lazy = this.peek() === "?";
    if (lazy) this.at++;
    return { min: bounds[0], max: bounds[1], greedy: lazy === this.flags.swapGreed };
  }

  private counted(): readonly [number, number] | undefined {
    const counted = /\{(\d+)(?:(,)(\d*))?\}/y;
    counted.lastIndex = this.at;
    const match = counted.exec(this.source);
    // As in RE2, braces that are no repetition are ordinary characters.
    if (match === null) return undefined;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === "" ? Infinity : Number(match[3]);
    const from = this.at;
    this.at = counted.lastIndex;
    if (min > REPEAT_MAX || (max > REPEAT_MAX && max !== Infinity)) {
      throw this.refusal(`a repetition counts to ${REPEAT_MAX} at most`, from);
    }
    if (min > max) throw this.refusal("a repetition's bounds are in the wrong order", from);
    return [min, max];
  }

  private repeat(
    item: Item,
    bounds: { min: number; max: number; greedy: boolean },
    from: number,
  ): Item {
    const own = bounds.max === Infinity ? bounds.min : bounds.max;
    const copies = item.copies * Math.max(1, own);
    if (copies > REPEAT_MAX) {
      throw this.refusal(`nested repetitions multiply to more than ${REPEAT_MAX}`, from);
    }
    return { node: { kind: "repeat", node: item.node, ...bounds }, copies };
  }

  private term(items: Item[]): void {
    const add = (node: PatternNode): void => void items.push({ node, copies: 1 });
    const { multiline, dotAll } = this.flags;
    switch (this.peek()) {
      case "(": {
        const group = this.group();
        if (group) items.push(group);
        return;
      }
      case "[":
        return add({ kind: "class", members: this.bracket() });
      case ".":
        this.at++;
        return add(dotAll ? { kind: "any" } : NOT_NEWLINE);
      case "^":
        this.at++;
        return add({ kind: "assert", what: multiline ? "line-start" : "text-start" });
      case "$":
        this.at++;
        return add({ kind: "assert", what: multiline ? "line-end" : "text-end" });
      case "\\":
        return this.backslash(add);
      default:
        return add(this.literal(this.nextCode()));
    }
  }

  private literal(code: number): PatternNode {
    if (!this.flags.fold) return { kind: "char", code };
    const known = this.folded.get(code);
    if (known) return known;
    const char = String.fromCodePoint(code);
    const builder = new ClassBuilder(true);
    builder.addRanges([code, code]);
    // A character without another case stays a character, which the fast paths can use.
    const cased = char.toLowerCase() !== char || char.toUpperCase() !== char;
    const node: PatternNode = cased
      ? { kind: "class", members: builder.build(false) }
      : { kind: "char", code };
    this.folded.set(code, node);
    return node;
  }

  private group(): Item | undefined {
    const from = this.at;
    this.at++;
    const outer = this.flags;
    let index = 0;
    if (this.peek() !== "?") index = this.names.push("") - 1;
    else {
      const named = /\?P?<([^>]*)>/y;
      named.lastIndex = this.at;
      const lookbehind = /^\?<[=!]/.test(this.source.slice(this.at, this.at + 3));
      const match = lookbehind ? null : named.exec(this.source);
      if (match) index = this.nameGroup(match[1] ?? "", from, named.lastIndex);
      else if (this.flagGroup(from)) return undefined;
    }
    this.depth++;
    if (this.depth > DEPTH_MAX) throw this.refusal(`groups nest deeper than ${DEPTH_MAX}`, from);
    const inner = this.alternation();
    this.depth--;
    if (this.peek() !== ")") throw this.refusal("a ( without its )", from, from + 1);
    this.at++;
    this.flags = outer;
    if (index === 0) return inner;
    return { node: { kind: "capture", index, node: inner.node }, copies: inner.copies };
  }

  private nameGroup(name: string, from: number, end: number): number {
    this.at = end;
    if (!/^\w+$/.test(name)) {
      throw this.refusal("a group's name consists of letters, digits and _", from);
    }
    if (this.takenNames.has(name)) throw this.refusal("a group's name is used twice", from);
    this.takenNames.add(name);
    return this.names.push(name) - 1;
  }

  /** Reads `?flags:` or `?flags)`; true where it was the latter, which has no content. */
  private flagGroup(from: number): boolean {
    const written = /\?([imsU]*)(?:(-)([imsU]+))?([:)])/y;
    written.lastIndex = this.at;
    const match = written.exec(this.source);
    if (match === null) throw this.perlRefusal(from);
    this.at = written.lastIndex;
    const flags: Flags = { ...this.flags };
    for (const [names, on] of [
      [match[1] ?? "", true],
      [match[3] ?? "", false],
    ] as const) {
      for (const name of names) {
        const flag = FLAG_NAMES.get(name);
        if (flag) flags[flag] = on;
      }
    }
    this.flags = flags;
    return match[4] === ")";
  }

  private perlRefusal(from: number): InputError {
    const rest = this.source.slice(from);
    if (/^\(\?<?[=!]/.test(rest)) {
      const length = rest[2] === "<" ? 4 : 3;
      return this.refusal("lookaround is not part of RE2's syntax", from, from + length);
    }
    if (/^\(\?P[=>]/.test(rest)) {
      return this.refusal("backreferences are not part of RE2's syntax", from, from + 4);
    }
    if (/^\(\?P?</.test(rest)) return this.refusal("a group's name has no >", from, from + 3);
    const to = Math.min(this.source.length, from + 3);
    return this.refusal("groups begin with (, (?:, (?P<name>, (?<name> or (?flags)", from, to);
  }

  private backslash(add: (node: PatternNode) => void): void {
    const after = this.source.charAt(this.at + 1);
    const take = (node: PatternNode): void => {
      this.at += 2;
      add(node);
    };
    if (after === "A") return take({ kind: "assert", what: "text-start" });
    if (after === "z") return take({ kind: "assert", what: "text-end" });
    if (after === "b") return take({ kind: "assert", what: "word-edge" });
    if (after === "B") return take({ kind: "assert", what: "no-word-edge" });
    if (after === "Q") return this.quoted(add);
    const builder = new ClassBuilder(this.flags.fold);
    if (this.namedClass(builder)) return add({ kind: "class", members: builder.build(false) });
    add(this.literal(this.escape()));
  }

  /** Everything from `\Q` to `\E`, or to the end, is literal. */
  private quoted(add: (node: PatternNode) => void): void {
    const close = this.source.indexOf("\\E", this.at + 2);
    const end = close === -1 ? this.source.length : close;
    this.at += 2;
    while (this.at < end) add(this.literal(this.nextCode()));
    if (close !== -1) this.at += 2;
  }

  /** Reads `\d`, `\pL` and their like into a class; false, and nothing consumed, where none is. */
  private namedClass(builder: ClassBuilder): boolean {
    const from = this.at;
    const letter = this.source.charAt(from + 1);
    const perl = PERL_CLASSES.get(letter.toLowerCase());
    if (perl) {
      this.at += 2;
      builder.addRanges(perl, letter !== letter.toLowerCase());
      return true;
    }
    if (letter !== "p" && letter !== "P") return false;
    const written = /\\[pP](?:\{(\^?)([^}]*)\}|(\w))/y;
    written.lastIndex = from;
    const match = written.exec(this.source);
    if (match === null) throw this.refusal("a character class without its name", from, from + 2);
    this.at = written.lastIndex;
    const negated = (letter === "P") !== (match[1] === "^");
    if (!builder.addProperty(match[2] ?? match[3] ?? "", negated)) {
      throw this.refusal("not a Unicode category or script", from);
    }
    return true;
  }

  /** Reads an escaped single character, outside and inside of brackets. */
  private escape(): number {
    const from = this.at;
    this.at++;
    if (this.at >= this.source.length) throw this.refusal("a \\ at the end", from);
    const numeric = /0[0-7]{0,2}|[1-7][0-7]{1,2}|x[0-9A-Fa-f]{2}|x\{([0-9A-Fa-f]+)\}/y;
    numeric.lastIndex = this.at;
    const match = numeric.exec(this.source);
    if (match) {
      this.at = numeric.lastIndex;
      const [text, braced] = match;
      const code = text.startsWith("x")
        ? Number.parseInt(braced ?? text.slice(1), 16)
        : Number.parseInt(text, 8);
      if (code > CODE_MAX) throw this.refusal("not a Unicode code point", from);
      return code;
    }
    const code = this.nextCode();
    const char = String.fromCodePoint(code);
    const control = CONTROL_ESCAPES.get(char);
    if (control !== undefined) return control;
    if (code < 128 && !/[0-9A-Za-z]/.test(char)) return code;
    if (/[1-9]/.test(char)) {
      throw this.refusal("backreferences are not part of RE2's syntax", from);
    }
    throw this.refusal("not an escape sequence of RE2's syntax", from);
  }

  private bracket(): CharClass {
    const from = this.at;
    this.at++;
    const negated = this.peek() === "^";
    if (negated) this.at++;
    const builder = new ClassBuilder(this.flags.fold);
    // A ] in the first position is an ordinary character.
    for (let first = true; first || this.peek() !== "]"; first = false) {
      if (this.at >= this.source.length) throw this.refusal("a [ without its ]", from, from + 1);
      if (this.posixClass(builder)) continue;
      if (this.peek() === "\\" && this.namedClass(builder)) continue;
      builder.addRanges(this.range(from));
    }
    this.at++;
    return builder.build(negated);
  }

  private posixClass(builder: ClassBuilder): boolean {
    if (!this.source.startsWith("[:", this.at)) return false;
    const close = this.source.indexOf(":]", this.at + 2);
    if (close === -1) return false;
    const from = this.at;
    const written = this.source.slice(from + 2, close);
    const negated = written.startsWith("^");
    const ranges = POSIX_CLASSES.get(negated ? written.slice(1) : written);
    this.at = close + 2;
    if (ranges === undefined) throw this.refusal("not a POSIX character class", from);
    builder.addRanges(ranges, negated);
    return true;
  }

  private range(open: number): Ranges {
    const from = this.at;
    const low = this.member(open);
    const next = this.source.charAt(this.at + 1);
    if (this.peek() !== "-" || next === "]" || next === "") return [low, low];
    this.at++;
    const high = this.member(open);
    if (high < low) throw this.refusal("a range's ends are in the wrong order", from);
    return [low, high];
  }

  private member(open: number): number {
    if (this.at >= this.source.length) throw this.refusal("a [ without its ]", open, open + 1);
    return this.peek() === "\\" ? this.escape() : this.nextCode();
  }
}
