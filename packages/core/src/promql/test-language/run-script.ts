import { runEval, type ScriptOptions, type Verdict } from "./run-eval.ts";
import type { Eval, Script } from "./script.ts";
import { ScriptData } from "./script-data.ts";

/** One `eval` of a script and what became of it. */
export type EvalResult = { readonly eval: Eval; readonly verdict: Verdict };

/**
 * Runs the commands of a script in their order and hands out each `eval`'s verdict.
 *
 * @throws InputError of kind `promql-test`, as `line:column: …`, where samples cannot be loaded
 */
export function* runScript(script: Script, options: ScriptOptions): Generator<EvalResult> {
  const data = new ScriptData();
  for (const command of script.commands) {
    switch (command.kind) {
      case "clear":
        data.clear();
        break;
      case "load":
        data.load(command);
        break;
      case "eval":
        yield { eval: command, verdict: runEval(command, data.reader(), options) };
    }
  }
}
