import { ASSERT, consumes, JUMP, MATCH, type Program, SAVE, SPLIT } from "./program.ts";

/** The characters that a match can begin with. */
export class MatchStarts {
  private readonly program: Program;
  /** Instructions that consume a match's first character. */
  private readonly pcs: readonly number[];
  /** 1 at each ASCII code point that one of them consumes. */
  private readonly ascii: Uint8Array;

  private constructor(program: Program, pcs: readonly number[]) {
    this.program = program;
    this.pcs = pcs;
    this.ascii = Uint8Array.from({ length: 128 }, (_, code) => Number(this.canBe(code)));
  }

  /** `undefined` where a match can be empty, and hence be anywhere. */
  static of(program: Program): MatchStarts | undefined {
    const { op, first, second } = program;
    const reached = new Set<number>();
    const waiting = [0];
    const pcs: number[] = [];
    for (let pc = waiting.pop(); pc !== undefined; pc = waiting.pop()) {
      if (reached.has(pc)) continue;
      reached.add(pc);
      const kind = op[pc];
      if (kind === MATCH) return undefined;
      if (kind === JUMP) waiting.push(first[pc] ?? 0);
      else if (kind === SPLIT) waiting.push(first[pc] ?? 0, second[pc] ?? 0);
      else if (kind === SAVE || kind === ASSERT) waiting.push(pc + 1);
      else pcs.push(pc);
    }
    return new MatchStarts(program, pcs);
  }

  /** The first place at or after another one where a match can begin; the text's end where none is. */
  next(text: string, from: number): number {
    const { ascii } = this;
    for (let at = from; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit < 128) {
        if (ascii[unit] === 1) return at;
        continue;
      }
      const code = text.codePointAt(at) ?? unit;
      if (this.canBe(code)) return at;
      if (code > 0xffff) at++;
    }
    return text.length;
  }

  private canBe(code: number): boolean {
    return this.pcs.some((pc) => consumes(this.program, pc, code));
  }
}
