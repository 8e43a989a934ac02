import { type Attributes, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { withinSpan } from "./active-span.ts";
import { addContext } from "./context.ts";
import { ATTRIBUTE } from "./conventions.ts";
import { quietly } from "./faults.ts";
import { settings } from "./settings.ts";
import { telemetry } from "./telemetry.ts";

/** What asks a model and runs tools until it is done. */
export type Agent = {
  readonly name?: string | undefined;
  readonly provider: string;
  /** Where it asks one alone. */
  readonly model?: string | undefined;
};

/** One run of an agent, ended once. Tokens and models are told by the calls within. */
export type AgentRun = {
  readonly within: <T>(run: () => T) => T;
  readonly end: (errorType: string | undefined) => void;
};

/** Begins the span of a run, or nothing where nobody listens. */
export function beginAgentRun({ name, provider, model }: Agent): AgentRun | undefined {
  const told = telemetry();
  if (told === undefined) return undefined;
  const startedMs = performance.now();
  const startedAt = Date.now();
  const labels: Attributes = {};
  if (name !== undefined) labels["gen_ai.agent.name"] = name;
  if (model !== undefined) labels[ATTRIBUTE.requestModel] = model;
  const attributes: Attributes = { [ATTRIBUTE.operation]: "invoke_agent", ...labels };
  // The latest conventions know it of remote agents alone.
  if (settings().generation === "released") attributes[ATTRIBUTE.provider] = provider;
  addContext(attributes);
  const span = told.tracer.startSpan(name === undefined ? "invoke_agent" : `invoke_agent ${name}`, {
    kind: SpanKind.INTERNAL,
    startTime: startedAt,
    attributes,
  });
  let ended = false;
  return {
    within: (run) => withinSpan(span, run),
    end: (errorType) => {
      if (ended) return;
      ended = true;
      quietly(() => {
        const error = errorType === undefined ? {} : { [ATTRIBUTE.errorType]: errorType };
        const durationMs = performance.now() - startedMs;
        if (errorType !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
        span.setAttributes(error);
        span.end(startedAt + durationMs);
        told.instruments.agent(durationMs / 1000, { ...labels, ...error });
      });
    },
  };
}
