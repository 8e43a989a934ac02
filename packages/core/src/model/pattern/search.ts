import { assert } from "../assert.ts";
import { MatchStarts } from "./match-starts.ts";
import { ASSERT, consumes, JUMP, MATCH, type Program, SAVE, SPLIT } from "./program.ts";
import type { Assertion } from "./tree.ts";

/** Offsets of a match and its groups, two a group in UTF-16 code units; -1 where a group took no part. */
export type Slots = readonly number[];

type Threads = { readonly pcs: number[]; readonly slots: Slots[] };

/** Where the first match at or after an offset lies; `undefined` where nothing matches. */
export type Search = (text: string, start: number) => Slots | undefined;

/**
 * Finds the match that RE2 would: the leftmost, and of those the one that is preferred by the
 * pattern's own order. Walks the text once with all alternatives side by side (Pike's machine), so
 * that the time is at most text length × program length, whatever the pattern.
 *
 * @param anchored only a match of the whole text counts
 */
export function searchFor(program: Program, anchored: boolean): Search {
  const starts = anchored ? undefined : MatchStarts.of(program);
  return (text, start) => {
    const from = starts?.next(text, start) ?? start;
    if (starts !== undefined && from === text.length) return undefined;
    return new Machine(program, text, starts, anchored).run(from);
  };
}

class Machine {
  private readonly program: Program;
  private readonly text: string;
  /** Absent where a match is not looked for, or can be anywhere. */
  private readonly starts: MatchStarts | undefined;
  private readonly anchored: boolean;
  /** For each instruction the position + 1 at which a thread was last put there. */
  private readonly visited: Int32Array;

  constructor(program: Program, text: string, starts: MatchStarts | undefined, anchored: boolean) {
    this.program = program;
    this.text = text;
    this.starts = starts;
    this.anchored = anchored;
    this.visited = new Int32Array(program.op.length);
  }

  run(start: number): Slots | undefined {
    const unset: Slots = Array.from({ length: this.program.slots }, () => -1);
    let current: Threads = { pcs: [], slots: [] };
    let found: Slots | undefined;
    for (let at = start; ;) {
      const fresh = this.anchored ? at === start : found === undefined;
      if (fresh && current.pcs.length === 0) at = this.starts?.next(this.text, at) ?? at;
      if (fresh) this.add(current, 0, at, unset);
      if (current.pcs.length === 0 && (this.anchored || found)) return found;
      const code = this.text.codePointAt(at);
      const next = at + (code !== undefined && code > 0xffff ? 2 : 1);
      const following: Threads = { pcs: [], slots: [] };
      for (let i = 0; i < current.pcs.length; i++) {
        const pc = current.pcs[i] ?? 0;
        const slots = current.slots[i] ?? unset;
        if (this.program.op[pc] === MATCH) {
          if (this.anchored && code !== undefined) continue;
          // Threads further down are less preferred than this one, which ended.
          found = slots;
          break;
        }
        if (code !== undefined && consumes(this.program, pc, code)) {
          this.add(following, pc + 1, next, slots);
        }
      }
      if (code === undefined) return found;
      current = following;
      at = next;
    }
  }

  /** Follows everything that consumes nothing, in order of preference. */
  private add(threads: Threads, from: number, at: number, slots: Slots): void {
    const { op, first, second } = this.program;
    const waiting: (readonly [number, Slots])[] = [[from, slots]];
    for (let top = waiting.pop(); top; top = waiting.pop()) {
      const [pc, own] = top;
      if (this.visited[pc] === at + 1) continue;
      this.visited[pc] = at + 1;
      const kind = op[pc];
      const target = first[pc] ?? 0;
      if (kind === JUMP) waiting.push([target, own]);
      else if (kind === SPLIT) waiting.push([second[pc] ?? 0, own], [target, own]);
      else if (kind === SAVE) waiting.push([pc + 1, own.with(target, at)]);
      else if (kind !== ASSERT) {
        threads.pcs.push(pc);
        threads.slots.push(own);
      } else if (this.holds(target, at)) waiting.push([pc + 1, own]);
    }
  }

  private holds(index: number, at: number): boolean {
    const what = this.program.assertions[index];
    assert(what !== undefined, "an assertion's index is inside the program's list");
    return ASSERTIONS[what](this.text, at);
  }
}

const ASSERTIONS: Readonly<Record<Assertion, (text: string, at: number) => boolean>> = {
  "text-start": (_text, at) => at === 0,
  "text-end": (text, at) => at === text.length,
  "line-start": (text, at) => at === 0 || text[at - 1] === "\n",
  "line-end": (text, at) => at === text.length || text[at] === "\n",
  "word-edge": (text, at) => isWord(text, at - 1) !== isWord(text, at),
  "no-word-edge": (text, at) => isWord(text, at - 1) === isWord(text, at),
};

// RE2's words are ASCII only.
function isWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && /\w/.test(text.charAt(at));
}
