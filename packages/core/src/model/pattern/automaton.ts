import { ASSERT, consumes, JUMP, MATCH, type Program, SAVE, SPLIT } from "./program.ts";

/** Instructions kept in cached states; past it the cache is emptied and fills anew. */
const CACHE_MAX = 100_000;

type State = {
  /** Consuming instructions that are alive, ascending. */
  readonly pcs: readonly number[];
  readonly accepts: boolean;
  /** By code point; a sparse list of what was met. */
  readonly next: Map<number, State>;
};

/**
 * Decides whether a program matches a whole text, one table look-up a character: the program's
 * sets of alternatives become states when they are first met. Only for programs without assertions.
 */
export class Automaton {
  private readonly program: Program;
  private readonly states = new Map<string, State>();
  private readonly visited: Int32Array;
  private round = 0;
  private cached = 0;
  private start: State | undefined;

  constructor(program: Program) {
    this.program = program;
    this.visited = new Int32Array(program.op.length);
  }

  static accepts(program: Program): boolean {
    return !program.op.includes(ASSERT);
  }

  matches(text: string): boolean {
    this.start ??= this.stateOf([0]);
    let state = this.start;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i) ?? 0;
      if (code > 0xffff) i++;
      state = state.next.get(code) ?? this.step(state, code);
      if (state.pcs.length === 0 && !state.accepts) return false;
    }
    return state.accepts;
  }

  private step(from: State, code: number): State {
    const targets: number[] = [];
    for (const pc of from.pcs) if (consumes(this.program, pc, code)) targets.push(pc + 1);
    const to = this.stateOf(targets);
    this.cached++;
    from.next.set(code, to);
    return to;
  }

  private stateOf(targets: readonly number[]): State {
    const { op, first, second } = this.program;
    const waiting = [...targets];
    const pcs: number[] = [];
    let accepts = false;
    this.round++;
    for (let pc = waiting.pop(); pc !== undefined; pc = waiting.pop()) {
      if (this.visited[pc] === this.round) continue;
      this.visited[pc] = this.round;
      if (op[pc] === MATCH) accepts = true;
      else if (op[pc] === JUMP) waiting.push(first[pc] ?? 0);
      else if (op[pc] === SPLIT) waiting.push(first[pc] ?? 0, second[pc] ?? 0);
      else if (op[pc] === SAVE) waiting.push(pc + 1);
      else pcs.push(pc);
    }
    return this.remember(
      pcs.toSorted((a, b) => a - b),
      accepts,
    );
  }

  private remember(pcs: readonly number[], accepts: boolean): State {
    const key = `${accepts}${pcs.join(",")}`;
    const known = this.states.get(key);
    if (known) return known;
    if (this.cached > CACHE_MAX) this.forget();
    this.cached += pcs.length + 1;
    const state: State = { pcs, accepts, next: new Map() };
    this.states.set(key, state);
    return state;
  }

  private forget(): void {
    // Transitions are cut too: they would keep the forgotten states alive.
    for (const state of this.states.values()) state.next.clear();
    this.states.clear();
    this.start = undefined;
    this.cached = 0;
  }
}
