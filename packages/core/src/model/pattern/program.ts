import { InputError, type InputKind } from "../input-error.ts";
import { type CharClass, inClass } from "./char-class.ts";
import { type Assertion, isNullable, type PatternNode, type RepeatNode } from "./tree.ts";

/** Instructions of one program; a larger pattern is refused. Matching takes at most this × length. */
const PROGRAM_MAX = 200_000;

const CHAR = 0;
const CLASS = 1;
const ANY = 2;
export const JUMP = 3;
/** Tries `first` before `second`. */
export const SPLIT = 4;
export const SAVE = 5;
export const ASSERT = 6;
export const MATCH = 7;

/** A nondeterministic automaton: parallel arrays, one entry an instruction, beginning at 0. */
export type Program = {
  readonly op: Uint8Array;
  /** CHAR: code point; CLASS, ASSERT: index; JUMP, SPLIT: target; SAVE: slot. */
  readonly first: Int32Array;
  /** SPLIT: the target tried second. */
  readonly second: Int32Array;
  readonly classes: readonly CharClass[];
  readonly assertions: readonly Assertion[];
  /** Two a group: where it starts and ends. */
  readonly slots: number;
};

/** Whether the instruction at `pc` consumes this code point. */
export function consumes(program: Program, pc: number, code: number): boolean {
  const kind = program.op[pc];
  if (kind === CHAR) return program.first[pc] === code;
  if (kind !== CLASS) return kind === ANY;
  const members = program.classes[program.first[pc] ?? 0];
  return members !== undefined && inClass(members, code);
}

/** Translates a tree after Thompson; counted repetitions are written out. */
export function compileProgram(root: PatternNode, groups: number, kind: InputKind): Program {
  const assembler = new Assembler(kind);
  assembler.emit(SAVE, 0);
  assembler.node(root);
  assembler.emit(SAVE, 1);
  assembler.emit(MATCH);
  return assembler.program(groups * 2);
}

class Assembler {
  private readonly kind: InputKind;
  private readonly op: number[] = [];
  private readonly first: number[] = [];
  private readonly second: number[] = [];
  private readonly classes: CharClass[] = [];
  private readonly assertions: Assertion[] = [];

  constructor(kind: InputKind) {
    this.kind = kind;
  }

  program(slots: number): Program {
    return {
      op: Uint8Array.from(this.op),
      first: Int32Array.from(this.first),
      second: Int32Array.from(this.second),
      classes: this.classes,
      assertions: this.assertions,
      slots,
    };
  }

  emit(op: number, first = 0, second = 0): number {
    if (this.op.length >= PROGRAM_MAX) {
      const message = `regular expression: larger than ${PROGRAM_MAX} steps when its repetitions are written out`;
      throw new InputError(this.kind, message);
    }
    this.first.push(first);
    this.second.push(second);
    return this.op.push(op) - 1;
  }

  node(node: PatternNode): void {
    switch (node.kind) {
      case "empty":
        return;
      case "char":
        return void this.emit(CHAR, node.code);
      case "class":
        return void this.emit(CLASS, this.classes.push(node.members) - 1);
      case "any":
        return void this.emit(ANY);
      case "assert":
        return void this.emit(ASSERT, this.assertions.push(node.what) - 1);
      case "capture":
        this.emit(SAVE, node.index * 2);
        this.node(node.node);
        return void this.emit(SAVE, node.index * 2 + 1);
      case "concat":
        for (const part of node.nodes) this.node(part);
        return;
      case "alternate":
        return this.alternate(node.nodes);
      case "repeat":
        return this.repeat(node);
    }
  }

  private alternate(nodes: readonly PatternNode[]): void {
    const ends: number[] = [];
    for (const [i, node] of nodes.entries()) {
      if (i === nodes.length - 1) {
        this.node(node);
        break;
      }
      const split = this.emit(SPLIT, this.op.length + 1);
      this.node(node);
      ends.push(this.emit(JUMP));
      this.second[split] = this.op.length;
    }
    for (const end of ends) this.first[end] = this.op.length;
  }

  private repeat({ node, min, max, greedy }: RepeatNode): void {
    if (max === Infinity) {
      for (let i = 1; i < min; i++) this.node(node);
      // What may match nothing is repeated as (x+)?, so that a round that consumes nothing ends the
      // repetition and its captures still count, as in RE2.
      if (min === 0 && !isNullable(node)) return this.star(node, greedy);
      const around = min === 0 ? this.split() : undefined;
      const start = this.op.length;
      this.node(node);
      this.aim(this.split(), start, this.op.length, greedy);
      if (around !== undefined) this.aim(around, around + 1, this.op.length, greedy);
      return;
    }
    for (let i = 0; i < min; i++) this.node(node);
    const splits: number[] = [];
    for (let i = min; i < max; i++) {
      splits.push(this.split());
      this.node(node);
    }
    for (const split of splits) this.aim(split, split + 1, this.op.length, greedy);
  }

  private star(node: PatternNode, greedy: boolean): void {
    const split = this.split();
    this.node(node);
    this.emit(JUMP, split);
    this.aim(split, split + 1, this.op.length, greedy);
  }

  private split(): number {
    return this.emit(SPLIT);
  }

  /** Points a split into the repetition and past it, the preferred way first. */
  private aim(split: number, into: number, past: number, greedy: boolean): void {
    this.first[split] = greedy ? into : past;
    this.second[split] = greedy ? past : into;
  }
}
