import type { Evaluation } from "@naruko/core/model/evaluation";
import {
  EVALUATION_EVENT,
  EVALUATION_WEIGHT,
  JUDGE_SCOPE,
  JUDGE_VERSION,
} from "@naruko/core/normalize/evaluation-from";

type Attribute = {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly doubleValue: number };
};

/**
 * Verdicts as an ExportLogsServiceRequest of OTLP in JSON: one event each, as the conventions have
 * `gen_ai.evaluation.result`, in the evaluated call's trace and under its span, by the resource that
 * made the call.
 */
export function encodeEvaluations(evaluations: readonly Evaluation[], version: string): string {
  const byResource = new Map<string, Evaluation[]>();
  for (const evaluation of evaluations) {
    const resource = JSON.stringify([evaluation.service, evaluation.environment]);
    const known = byResource.get(resource);
    if (known === undefined) byResource.set(resource, [evaluation]);
    else known.push(evaluation);
  }
  const scope = { name: JUDGE_SCOPE, version };
  const resourceLogs = [...byResource.values()].map((ofOne) => ({
    resource: { attributes: resourceOf(ofOne[0]) },
    scopeLogs: [{ scope, logRecords: ofOne.map(recordOf) }],
  }));
  return JSON.stringify({ resourceLogs });
}

function resourceOf(evaluation: Evaluation | undefined): readonly Attribute[] {
  return [
    ...text("service.name", evaluation?.service),
    ...text("deployment.environment.name", evaluation?.environment),
  ];
}

function recordOf(evaluation: Evaluation): object {
  const { at, traceId, spanId, score, weight } = evaluation;
  const nanos = `${at}000000`;
  return {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    eventName: EVALUATION_EVENT,
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    attributes: [
      ...text("gen_ai.evaluation.name", evaluation.name),
      ...number("gen_ai.evaluation.score.value", score),
      ...text("gen_ai.evaluation.score.label", evaluation.label),
      ...text("gen_ai.evaluation.explanation", evaluation.explanation),
      ...text("gen_ai.response.id", evaluation.responseId),
      ...text("error.type", evaluation.errorType),
      // The conventions have no names for these two.
      ...text(JUDGE_VERSION, evaluation.judge),
      ...number(EVALUATION_WEIGHT, weight),
    ],
  };
}

function text(key: string, value: string | undefined): readonly Attribute[] {
  return value === undefined || value === "" ? [] : [{ key, value: { stringValue: value } }];
}

function number(key: string, value: number | undefined): readonly Attribute[] {
  return value === undefined ? [] : [{ key, value: { doubleValue: value } }];
}
