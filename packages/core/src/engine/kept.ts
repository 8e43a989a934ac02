import type { Call } from "../model/call.ts";
import type { Effect, EngineSetup, Input } from "../model/engine-io.ts";
import type { Evaluation } from "../model/evaluation.ts";
import type { Telemetry } from "../model/telemetry.ts";
import type { JudgingOutput } from "./judging.ts";

type KeptInput = Pick<Input, "seq" | "at"> & {
  readonly capture: NonNullable<EngineSetup["capture"]>;
};

/** What an input came to, as far as it is kept or asked of the judge. */
export function* keepEffects(
  telemetry: Telemetry,
  { asks, draws, judged }: JudgingOutput,
  { seq, at, capture }: KeptInput,
): Generator<Effect> {
  const verdicts = judged.map(({ evaluation }) => evaluation);
  const kept = keptOf(telemetry, verdicts, capture);
  if (kept !== undefined) yield { kind: "keep", seq, at, telemetry: kept };
  for (const ask of asks) yield { kind: "ask", ask };
  // Rows of an input are replaced together, so that there is one effect with all of them.
  if (draws.length > 0) yield { kind: "keep-draws", seq, draws };
}

/**
 * What of an input stays on disk: calls and evaluations, the judge's verdicts with those of users.
 * Text stays only where it may be stored; what was held for the judge ends here. `undefined`: nothing.
 */
function keptOf(
  telemetry: Telemetry,
  verdicts: readonly Evaluation[],
  capture: NonNullable<EngineSetup["capture"]>,
): Telemetry | undefined {
  const { calls, evaluations } = telemetry;
  if (calls.length + evaluations.length + verdicts.length === 0) return undefined;
  const mayKeepText = capture === "store" || !hasText(telemetry, verdicts);
  // The same object where nothing is left out, so that the disk need not encode it again.
  if (mayKeepText && verdicts.length === 0 && isKeptWhole(telemetry)) return telemetry;
  const all = verdicts.length === 0 ? evaluations : [...evaluations, ...verdicts];
  if (mayKeepText) return { calls, points: [], evaluations: all };
  return { calls: calls.map(withoutText), points: [], evaluations: all.map(withoutExplanation) };
}

function isKeptWhole({ points, series, metadata, contexts, links }: Telemetry): boolean {
  const unkept = [points, series, metadata, contexts, links];
  return unkept.every((list = []) => list.length === 0);
}

function hasText({ calls, evaluations }: Telemetry, verdicts: readonly Evaluation[]): boolean {
  return (
    calls.some(({ text }) => text !== undefined) ||
    evaluations.some(isExplained) ||
    verdicts.some(isExplained)
  );
}

function isExplained({ explanation }: Evaluation): boolean {
  return explanation !== undefined;
}

function withoutText(call: Call): Call {
  const { text: _text, ...rest } = call;
  return rest;
}

function withoutExplanation(evaluation: Evaluation): Evaluation {
  const { explanation: _explanation, ...rest } = evaluation;
  return rest;
}
