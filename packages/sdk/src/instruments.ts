import type { Attributes, Counter, Histogram, MetricOptions } from "@opentelemetry/api";
import {
  AGENT_BOUNDARIES,
  ATTRIBUTE,
  type Generation,
  type Operation,
  SECONDS_BOUNDARIES,
  TOKEN_BOUNDARIES,
} from "./conventions.ts";
import { withLabel } from "./labels.ts";
import type { Usage } from "./usage.ts";

/** What is needed of a meter; that of an application, or our own. */
export type CallMeter = {
  createHistogram(name: string, options?: MetricOptions): Histogram;
  createCounter(name: string, options?: MetricOptions): Counter;
};

/** What one call is recorded in. `labels` are the attributes that all metrics of a call share. */
export type Instruments = {
  /** `labels` have the error type, where there is one. */
  readonly duration: (operation: Operation, seconds: number, labels: Attributes) => void;
  readonly firstChunk: (seconds: number, labels: Attributes) => void;
  /** Seconds from one chunk to the next: one record a chunk after the first. */
  readonly nextChunk: (seconds: number, labels: Attributes) => void;
  /** Duration of one execution of a tool; the released names have no metric of it. */
  readonly tool: (seconds: number, labels: Attributes) => void;
  /** Duration of one run of an agent; the released names have no metric of it either. */
  readonly agent: (seconds: number, labels: Attributes) => void;
  /** `usage` is undefined where it is not known: the provider did not tell it. */
  readonly usage: (usage: Usage | undefined, labels: CallLabels) => void;
};

/**
 * Labels of a call's metrics: those that all have, those with the provider's own beside them, and
 * those that say why it failed.
 */
export type CallLabels = {
  readonly base: () => Attributes;
  readonly labels: Attributes;
  readonly error: Attributes;
};

export function instrumentsOf(meter: CallMeter, generation: Generation): Instruments {
  return generation === "latest" ? latestInstruments(meter) : releasedInstruments(meter);
}

function releasedInstruments(meter: CallMeter): Instruments {
  const duration = seconds(meter, "gen_ai.client.operation.duration", DURATION);
  const first = seconds(meter, "gen_ai.client.operation.time_to_first_chunk", FIRST_CHUNK);
  const next = seconds(meter, "gen_ai.client.operation.time_per_output_chunk", NEXT_CHUNK);
  const tokens = tokenHistogram(meter, "gen_ai.client.token.usage", "Tokens of one operation.");
  return {
    duration: (_, value, labels) => {
      duration.record(value, labels);
    },
    firstChunk: (value, labels) => {
      first.record(value, labels);
    },
    nextChunk: (value, labels) => {
      next.record(value, labels);
    },
    tool: () => undefined,
    agent: () => undefined,
    usage: (usage, { labels }) => {
      if (usage === undefined) return;
      const { inputTokens, outputTokens } = usage;
      const { input, output } = byType(labels);
      if (inputTokens !== undefined) tokens.record(inputTokens, input);
      if (outputTokens !== undefined) tokens.record(outputTokens, output);
    },
  };
}

type ByType = { readonly input: Attributes; readonly output: Attributes };

/** Labels of the same call come as the same object: so do those with the type beside them. */
const typed = new WeakMap<Attributes, ByType>();

function byType(labels: Attributes): ByType {
  const known = typed.get(labels);
  if (known !== undefined) return known;
  const made: ByType = {
    input: { ...labels, [ATTRIBUTE.tokenType]: "input" },
    output: { ...labels, [ATTRIBUTE.tokenType]: "output" },
  };
  typed.set(labels, made);
  return made;
}

/** Embeddings have no metric of their own yet, so that their duration keeps the operation's name. */
function latestInstruments(meter: CallMeter): Instruments {
  const inference = seconds(meter, "gen_ai.client.inference.duration", DURATION);
  const operation = seconds(meter, "gen_ai.client.operation.duration", DURATION);
  const first = seconds(meter, "gen_ai.client.inference.time_to_first_chunk", FIRST_CHUNK);
  const next = seconds(meter, "gen_ai.client.inference.time_per_output_chunk", NEXT_CHUNK);
  const tool = seconds(meter, "gen_ai.execute_tool.duration", "Duration of one tool's execution.");
  const agent = meter.createHistogram("gen_ai.invoke_agent.duration", {
    unit: "s",
    description: "Duration of one run of an agent.",
    advice: { explicitBucketBoundaries: [...AGENT_BOUNDARIES] },
  });
  return {
    duration: (name, value, labels) => {
      (name === "embeddings" ? operation : inference).record(value, labels);
    },
    firstChunk: (value, labels) => {
      first.record(value, labels);
    },
    nextChunk: (value, labels) => {
      next.record(value, labels);
    },
    tool: (value, labels) => {
      tool.record(value, labels);
    },
    agent: (value, labels) => {
      agent.record(value, labels);
    },
    usage: latestUsage(meter),
  };
}

function latestUsage(meter: CallMeter): Instruments["usage"] {
  const counter = (name: string): Counter =>
    meter.createCounter(`gen_ai.client.inference.usage.${name}`, { unit: "{token}" });
  const input = counter("input_tokens");
  const output = counter("output_tokens");
  const cacheRead = counter("cache_read.input_tokens");
  const cacheWrite = counter("cache_write.input_tokens");
  const reasoning = counter("reasoning.output_tokens");
  const operation = "gen_ai.client.inference.operation";
  const inputs = tokenHistogram(meter, `${operation}.input_tokens`, "Input of one operation.");
  const outputs = tokenHistogram(meter, `${operation}.output_tokens`, "Output of one operation.");
  return (usage, { base, error }) => {
    const labels = base();
    if (usage === undefined) {
      // Every operation is counted, one without usage as nothing of an unknown kind.
      const unknown = withLabel(labels, ATTRIBUTE.tokenModality, "unknown");
      input.add(0, unknown);
      output.add(0, unknown);
      return;
    }
    const { inputTokens, outputTokens, modalities } = usage;
    const text = withLabel(labels, ATTRIBUTE.tokenModality, "text");
    addByModality(input, inputTokens, modalities?.input, labels);
    addByModality(output, outputTokens, modalities?.output, labels);
    if (usage.cacheReadTokens !== undefined) cacheRead.add(usage.cacheReadTokens, text);
    if (usage.cacheWriteTokens !== undefined) cacheWrite.add(usage.cacheWriteTokens, text);
    if (usage.reasoningTokens !== undefined) reasoning.add(usage.reasoningTokens, text);
    if (inputTokens !== undefined) inputs.record(inputTokens, { ...labels, ...error });
    if (outputTokens !== undefined) outputs.record(outputTokens, { ...labels, ...error });
  };
}

/** What is not told to be sound or picture is text. */
function addByModality(
  counter: Counter,
  total: number | undefined,
  told: Readonly<Record<string, number>> | undefined,
  labels: Attributes,
): void {
  if (total === undefined) return;
  let text = total;
  for (const [modality, tokens] of Object.entries(told ?? {})) {
    text -= tokens;
    counter.add(tokens, withLabel(labels, ATTRIBUTE.tokenModality, modality));
  }
  counter.add(Math.max(0, text), withLabel(labels, ATTRIBUTE.tokenModality, "text"));
}

const DURATION = "Duration of one operation, failed ones included.";
const FIRST_CHUNK = "Time from the request to the first chunk with content.";
const NEXT_CHUNK = "Time from one chunk with content to the next.";

function seconds(meter: CallMeter, name: string, description: string): Histogram {
  const advice = { explicitBucketBoundaries: [...SECONDS_BOUNDARIES] };
  return meter.createHistogram(name, { unit: "s", description, advice });
}

function tokenHistogram(meter: CallMeter, name: string, description: string): Histogram {
  const advice = { explicitBucketBoundaries: [...TOKEN_BOUNDARIES] };
  return meter.createHistogram(name, { unit: "{token}", description, advice });
}
