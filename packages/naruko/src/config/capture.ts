import { compilePattern, replaceMatches } from "@naruko/core/model/pattern";
import type { Pattern } from "@naruko/core/model/pattern";
import type { Call, CallText } from "@naruko/core/model/call";
import type { Evaluation } from "@naruko/core/model/evaluation";
import type { JudgeAnswer } from "@naruko/core/model/judge";
import type { Telemetry, TraceContext } from "@naruko/core/model/telemetry";
import type { Config } from "./config.ts";

const REDACTED = "[redacted]";

export type CaptureConfig = Pick<Config, "capture" | "judge">;

/** What may be written of what was said. */
export type Redaction = {
  /** On telemetry before it is committed: flags were found and tokens estimated before. */
  readonly telemetry: (telemetry: Telemetry) => Telemetry;
  /** On what the judge answered before it is committed: it may quote what it was shown. */
  readonly answer: (answer: JudgeAnswer) => JudgeAnswer;
};

/**
 * `off` takes all text out. `judge` keeps what a judge is to be shown, with the user's patterns blotted
 * out, until the engine has settled it; where nobody judges, it is as `off`. `store` keeps all text
 * so, but what traces retrieved only where there is a judge.
 *
 * @throws InputError when a pattern is not of RE2's syntax
 */
export function redaction({ capture, judge }: CaptureConfig): Redaction {
  const clean = redactor(capture);
  const isJudged = judge !== undefined;
  if (capture.mode === "off" || (capture.mode === "judge" && !isJudged)) {
    return {
      telemetry: (telemetry) => written(telemetry, MUTE),
      answer: explained(() => undefined),
    };
  }
  const isStored = capture.mode === "store";
  const pens: Pens = {
    call: (call) => (isStored || call.kind === "inference" ? cleanCall(call, clean) : mute(call)),
    evaluation: (evaluation) => (isStored ? cleanEvaluation(evaluation, clean) : hush(evaluation)),
    context: isJudged ? ({ traceId, text }) => ({ traceId, text: clean(text) }) : undefined,
  };
  return { telemetry: (telemetry) => written(telemetry, pens), answer: explained(clean) };
}

/** Blots out of a text what the user's patterns find. @throws InputError when one is not of RE2's syntax */
export function redactor({ redact }: Pick<Config["capture"], "redact">): Clean {
  const patterns = redact.map((source) => compilePattern(source, { kind: "config" }));
  return (text) => patterns.reduce(blotOut, text);
}

type Clean = (text: string) => string;

type Pens = {
  readonly call: (call: Call) => Call;
  readonly evaluation: (evaluation: Evaluation) => Evaluation;
  /** Absent: none is written. */
  readonly context: ((context: TraceContext) => TraceContext) | undefined;
};

const MUTE: Pens = { call: mute, evaluation: hush, context: undefined };

function written(telemetry: Telemetry, { call, evaluation, context }: Pens): Telemetry {
  const { contexts = [], calls, evaluations, ...rest } = telemetry;
  return {
    ...rest,
    calls: calls.map(call),
    evaluations: evaluations.map(evaluation),
    ...(context && contexts.length > 0 && { contexts: contexts.map(context) }),
  };
}

function mute(call: Call): Call {
  if (call.text === undefined) return call;
  const { text: _text, ...rest } = call;
  return rest;
}

function hush(evaluation: Evaluation): Evaluation {
  if (evaluation.explanation === undefined) return evaluation;
  const { explanation: _explanation, ...rest } = evaluation;
  return rest;
}

function cleanCall(call: Call, clean: Clean): Call {
  if (call.text === undefined) return call;
  const parts = Object.entries(call.text) as [keyof CallText, string][];
  return { ...call, text: Object.fromEntries(parts.map(([part, text]) => [part, clean(text)])) };
}

function cleanEvaluation(evaluation: Evaluation, clean: Clean): Evaluation {
  const { explanation } = evaluation;
  return explanation === undefined
    ? evaluation
    : { ...evaluation, explanation: clean(explanation) };
}

/** What becomes of an answer's explanations, one a verdict. */
function explained(rewrite: (text: string) => string | undefined): Redaction["answer"] {
  return (answer) => {
    if (!answer.ok) return answer;
    const verdicts = answer.verdicts.map(({ explanation, ...verdict }) => {
      const text = explanation === undefined ? undefined : rewrite(explanation);
      return text === undefined ? verdict : { ...verdict, explanation: text };
    });
    return { ...answer, verdicts };
  };
}

/** Every match is replaced; an empty one hides nothing. */
function blotOut(text: string, pattern: Pattern): string {
  return replaceMatches(pattern, text, ([match]) => (match === "" ? "" : REDACTED));
}
