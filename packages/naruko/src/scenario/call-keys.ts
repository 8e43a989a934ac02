import type { Call, CallEnding, CallKind, Usage } from "@naruko/core/model/call";
import { parseDuration } from "@naruko/core/model/duration";
import { SECOND_MS } from "@naruko/core/model/time";
import type { CallFields } from "./scenario.ts";

/** What one `key=value` says about a call. */
type Said = {
  readonly call?: Partial<Call>;
  readonly usage?: Usage;
};

type CallKey = {
  /** For the refusal of a value that does not fit. */
  readonly expects: string;
  /** `undefined`: the value does not fit. */
  readonly read: (value: string) => Said | undefined;
};

const ENDINGS: readonly CallEnding[] = ["cancelled", "closed", "abandoned", "cut", "raw"];

/** What `calls` understands; documented in docs/scenarios.md. */
const CALL_KEYS: ReadonlyMap<string, CallKey> = new Map([
  ["service", text((service) => ({ service }))],
  ["environment", text((environment) => ({ environment }))],
  ["version", text((serviceVersion) => ({ serviceVersion }))],
  ["provider", text((provider) => ({ provider }))],
  ["model", text((requestModel) => ({ requestModel }))],
  ["response_model", text((responseModel) => ({ responseModel }))],
  ["operation", text((operation) => ({ operation, kind: kindOf(operation) }))],
  ["duration", seconds((durationS) => ({ durationS }))],
  ["error", text((errorType) => ({ errorType }))],
  ["ending", ending()],
  ["input", tokens((inputTokens) => ({ inputTokens }))],
  ["output", tokens((outputTokens) => ({ outputTokens }))],
  ["cache_read", tokens((cacheReadTokens) => ({ cacheReadTokens }))],
  ["cache_write", tokens((cacheWriteTokens) => ({ cacheWriteTokens }))],
  ["reasoning", tokens((reasoningTokens) => ({ reasoningTokens }))],
  ["ttft", seconds((timeToFirstChunkS) => ({ timeToFirstChunkS, stream: true }))],
  ["chunk", seconds((timePerOutputChunkS) => ({ timePerOutputChunkS, stream: true }))],
  ["stream", yesOrNo((stream) => ({ stream }))],
  ["finish", list((finishReasons) => ({ finishReasons }))],
  ["flag", list((flags) => ({ flags }))],
  ["conversation", text((conversationId) => ({ conversationId }))],
  ["user", text((userId) => ({ userId }))],
  ["tool", text((toolName) => ({ toolName }))],
  ["agent", text((agentName) => ({ agentName }))],
  ["cost", amount("US dollars, such as 0.02", 0, (costUsd) => ({ costUsd }))],
  ["weight", amount("how many calls each one stands for, at least 1", 1, (weight) => ({ weight }))],
]);

/** Before the evaluation's name: `score.faithfulness=0.9`. */
const SCORE_PREFIX = "score.";

const PLAIN_CALL: CallFields = {
  kind: "inference",
  operation: "chat",
  durationS: 1,
  service: "app",
  stream: false,
  finishReasons: [],
  usage: {},
  usageSource: "missing",
  weight: 1,
  dialect: "scenario",
  scores: new Map(),
};

/** Builds the fields of a call, pair by pair. */
export class CallDraft {
  #fields: CallFields = PLAIN_CALL;

  /** Takes one pair in; returns why not where it is refused. */
  set(key: string, value: string): string | undefined {
    if (key.startsWith(SCORE_PREFIX)) return this.#score(key.slice(SCORE_PREFIX.length), value);
    const known = CALL_KEYS.get(key);
    if (known === undefined) {
      const keys = [...CALL_KEYS.keys(), `${SCORE_PREFIX}NAME`].join(", ");
      return `unknown key "${key}"; there are ${keys}`;
    }
    const said = known.read(value);
    if (said === undefined) return `${key}: expected ${known.expects}, got "${value}"`;
    const usage = { ...this.#fields.usage, ...said.usage };
    const usageSource = Object.keys(usage).length === 0 ? "missing" : "provider";
    this.#fields = { ...this.#fields, ...said.call, usage, usageSource };
    return undefined;
  }

  fields(): CallFields {
    return this.#fields;
  }

  #score(name: string, value: string): string | undefined {
    const score = numberOf(value);
    if (name === "") return `expected an evaluation's name after "${SCORE_PREFIX}"`;
    if (score === undefined) return `${SCORE_PREFIX}${name}: expected a number, got "${value}"`;
    this.#fields = { ...this.#fields, scores: new Map([...this.#fields.scores, [name, score]]) };
    return undefined;
  }
}

function text(say: (value: string) => Partial<Call>): CallKey {
  return {
    expects: "a text that is not empty",
    read: (value) => (value === "" ? undefined : { call: say(value) }),
  };
}

function ending(): CallKey {
  return {
    expects: ENDINGS.join(", "),
    read: (value) => {
      const known = ENDINGS.find((one) => one === value);
      return known === undefined ? undefined : { call: { ending: known } };
    },
  };
}

function list(say: (values: readonly string[]) => Partial<Call>): CallKey {
  return {
    expects: "texts with commas between them",
    read: (value) => {
      const values = value.split(",");
      return values.includes("") ? undefined : { call: say(values) };
    },
  };
}

function seconds(say: (value: number) => Partial<Call>): CallKey {
  return {
    expects: "a duration, such as 2s or 1s500ms",
    read: (value) => {
      const ms = parseDuration(value);
      return ms === undefined ? undefined : { call: say(ms / SECOND_MS) };
    },
  };
}

function tokens(say: (count: number) => Usage): CallKey {
  return {
    expects: "a whole number of tokens",
    read: (value) => (/^\d{1,15}$/.test(value) ? { usage: say(Number(value)) } : undefined),
  };
}

function amount(expects: string, min: number, say: (value: number) => Partial<Call>): CallKey {
  return {
    expects,
    read: (value) => {
      const number = numberOf(value);
      return number === undefined || number < min ? undefined : { call: say(number) };
    },
  };
}

function yesOrNo(say: (value: boolean) => Partial<Call>): CallKey {
  return {
    expects: "true or false",
    read: (value) => {
      if (value !== "true" && value !== "false") return undefined;
      return { call: say(value === "true") };
    },
  };
}

function numberOf(value: string): number | undefined {
  return /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/i.test(value) ? Number(value) : undefined;
}

/** The operations that the conventions name; every other one reaches a model. */
function kindOf(operation: string): CallKind {
  if (operation === "embeddings") return "embeddings";
  if (operation === "execute_tool") return "tool";
  return operation === "invoke_agent" ? "agent" : "inference";
}
