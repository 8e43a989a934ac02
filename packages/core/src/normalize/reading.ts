import type { Call, CallFacts, CallKind, CallText, Usage } from "../model/call.ts";
import type { Attributes, SpanRecord } from "../receive/records.ts";
import { firstName, flagOf, numberOf, textsOf } from "./attributes.ts";
import type { ReadContext } from "./context.ts";
import { readUsage, type UsageKeys } from "./token-usage.ts";

/** Names that a call takes over as they were sent. */
type Names = Pick<
  Call,
  | "requestModel"
  | "responseModel"
  | "serverAddress"
  | "responseId"
  | "systemFingerprint"
  | "conversationId"
  | "userId"
  | "promptName"
  | "promptVersion"
  | "toolName"
  | "agentName"
>;
export type NameField = keyof Names | "provider" | "errorType";

/** What one dialect's span says about a call, before names are unified. */
export type Reading = {
  readonly kind: CallKind;
  readonly operation: string;
  readonly names: { readonly [K in NameField]?: string };
  readonly stream?: boolean;
  readonly timeToFirstChunkS?: number;
  readonly timePerOutputChunkS?: number;
  readonly finishReasons: readonly string[];
  readonly usage: Usage;
  readonly text?: CallText;
  readonly facts?: CallFacts;
};

/** One way of writing GenAI spans. */
export type Dialect = {
  /** Ends up in `Call.dialect`. */
  readonly name: string;
  /** Whether the span is written in this dialect; the first dialect in the table that claims it reads it. */
  readonly claims: (span: SpanRecord) => boolean;
  /** `not-a-call` for what surrounds calls: workflows, steps, retrieval, memory … */
  readonly read: (span: SpanRecord, context: ReadContext) => Reading | "not-a-call";
};

/** A time's key and how many seconds its unit is. */
type TimeKeys = readonly (readonly [key: string, unitS: number])[];

/** Under which keys a dialect writes what; each list in order of preference. */
export type Spelling = {
  readonly names: readonly (readonly [NameField, readonly string[]])[];
  readonly stream: readonly string[];
  readonly timeToFirstChunk: TimeKeys;
  readonly timePerOutputChunk: TimeKeys;
  readonly finishReasons: readonly string[];
  readonly usage: UsageKeys;
  /** What the keys of `usage` are looked up in, where that is not the span's attributes. */
  readonly usageIn?: (attributes: Attributes) => Attributes;
  /** Whether input is told without what was read from or written to a cache; not where absent. */
  readonly excludesCache?: (span: SpanRecord) => boolean;
};

const NO_USAGE: Usage = {};

/** Reads the part of a span that is a matter of keys alone. */
export function readSpelling(
  span: SpanRecord,
  what: { readonly kind: CallKind; readonly operation: string },
  spelling: Spelling,
  context: ReadContext,
): Reading {
  const { attributes } = span;
  const usageIn = spelling.usageIn?.(attributes) ?? attributes;
  const excludesCache = spelling.excludesCache?.(span) ?? false;
  const reading: { -readonly [K in keyof Reading]: Reading[K] } = {
    kind: what.kind,
    operation: what.operation,
    names: readNames(attributes, spelling, context),
    finishReasons: readFinishReasons(attributes, spelling),
    // A tool has no usage, and an agent's repeats that of the calls inside it.
    usage:
      what.kind === "inference" || what.kind === "embeddings"
        ? readUsage(usageIn, spelling.usage, context, excludesCache)
        : NO_USAGE,
  };
  for (const key of spelling.stream) {
    const stream = flagOf(attributes.get(key));
    if (stream === undefined) continue;
    reading.stream = stream;
    break;
  }
  const first = readSeconds(attributes, spelling.timeToFirstChunk, context);
  if (first !== undefined) reading.timeToFirstChunkS = first;
  const perChunk = readSeconds(attributes, spelling.timePerOutputChunk, context);
  if (perChunk !== undefined) reading.timePerOutputChunkS = perChunk;
  return reading;
}

function readNames(
  attributes: Attributes,
  spelling: Spelling,
  context: ReadContext,
): Reading["names"] {
  const names: { [K in NameField]?: string } = {};
  for (const [field, keys] of spelling.names) {
    const name = firstName(attributes, keys, context);
    if (name !== undefined) names[field] = name;
  }
  return names;
}

function readFinishReasons(attributes: Attributes, spelling: Spelling): readonly string[] {
  for (const key of spelling.finishReasons) {
    const reasons = textsOf(attributes.get(key));
    if (reasons.length > 0) return reasons;
  }
  return [];
}

function readSeconds(
  attributes: Attributes,
  keys: TimeKeys,
  context: ReadContext,
): number | undefined {
  for (const [key, unitS] of keys) {
    const time = numberOf(attributes.get(key));
    if (time === undefined) continue;
    if (time >= 0 && time < Infinity) return time * unitS;
    context.ignored.add("bad-chunk-time");
  }
  return undefined;
}
