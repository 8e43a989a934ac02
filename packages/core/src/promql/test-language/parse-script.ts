import { InputError } from "../../model/input-error.ts";
import { parseEval } from "./parse-eval.ts";
import { parseLoad } from "./parse-load.ts";
import type { Command, Script } from "./script.ts";
import { linesOf, refuseLine, type ScriptLine } from "./script-lines.ts";

/** Faults that one script shows; more of them say nothing more. */
const FAULTS_MAX = 20;

/**
 * Reads a script of Prometheus' test language: `load`, `clear` and `eval` blocks. A block ends at an
 * empty line or at a comment that stands alone.
 *
 * Expressions are not read here: one that is refused is a failure of its `eval` alone.
 *
 * @throws InputError of kind `promql-test` with every fault, as `line:column: …`, a line each
 */
export function parseScript(text: string): Script {
  const commands: Command[] = [];
  const faults: InputError[] = [];
  const lines = new Lines([...linesOf(text)]);
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (line.text === "") continue;
    try {
      commands.push(parseCommand(line, lines));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      faults.push(error);
      lines.skipBlock();
    }
  }
  const [first] = faults;
  if (first === undefined) return { commands };
  const message = faults.slice(0, FAULTS_MAX).map((fault) => fault.message);
  throw new InputError("promql-test", message.join("\n"), first.place);
}

/** Hands out lines, and those of a block until it ends. */
export class Lines {
  private readonly lines: readonly ScriptLine[];
  private at = 0;

  constructor(lines: readonly ScriptLine[]) {
    this.lines = lines;
  }

  next(): ScriptLine | undefined {
    return this.lines[this.at++];
  }

  /** The next line of the block; `undefined` where the block ends before it. */
  nextOfBlock(): ScriptLine | undefined {
    const line = this.lines[this.at];
    if (line === undefined || line.text === "") return undefined;
    this.at++;
    return line;
  }

  skipBlock(): void {
    while (this.nextOfBlock() !== undefined);
  }
}

function parseCommand(line: ScriptLine, lines: Lines): Command {
  const word = /^\S+/.exec(line.text)?.[0].toLowerCase() ?? "";
  if (word === "clear") return { kind: "clear", line: line.number };
  if (word.startsWith("load")) return parseLoad(line, () => lines.nextOfBlock());
  if (word.startsWith("eval")) return parseEval(line, () => lines.nextOfBlock());
  const what = `expected load, load_with_nhcb, clear or eval, got "${word}"`;
  return refuseLine(line, `${what}; a block ends at an empty line or a comment`);
}
