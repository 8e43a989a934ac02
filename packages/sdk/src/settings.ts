import { type Generation, generationOf } from "./conventions.ts";

/** Where chat streams are asked for their usage: with providers known to understand it, or not. */
export type IncludeUsage = "known" | "always" | "never";

/** Changes a text before it becomes an attribute; `attribute` is that attribute's name. */
export type Redact = (text: string, attribute: string) => string;

/** Where what was said is written, in the words of the conventions' variable. */
export type CaptureMode = "span_only" | "event_only" | "span_and_event";

/** Where what was said is written. */
export type Capture = { readonly spans: boolean; readonly events: boolean };

/** What an application chooses; each falls back on what its environment variables say. */
export type Choices = {
  /**
   * Whether what was said is written: into spans (`true`), into an event of each call, or both. Off by
   * default; also `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`.
   */
  readonly captureContent?: boolean | CaptureMode | undefined;
  /** Removes from captured texts what nobody should see. Where it throws, nothing is captured. */
  readonly redact?: Redact | undefined;
  /**
   * OpenAI's chat streams tell their usage only if asked. `known` (the default) asks hosts known to
   * understand the question; `always` any host; `never` none. Also `NARUKO_INCLUDE_USAGE`.
   */
  readonly includeUsage?: IncludeUsage | undefined;
  /** Counts the tokens of a text where the provider tells no usage; marked as an estimate. */
  readonly estimateTokens?: ((text: string, model: string) => number) | undefined;
};

export type Settings = {
  readonly generation: Generation;
  readonly capture: Capture;
  readonly includeUsage: IncludeUsage;
  readonly redact?: Redact | undefined;
  readonly estimateTokens?: ((text: string, model: string) => number) | undefined;
};

type Environment = Readonly<Record<string, string | undefined>>;

const NOTHING: Capture = { spans: false, events: false };
const SPANS: Capture = { spans: true, events: false };

/** The conventions' boolean, and the modes that Python's packages have beside it. */
const CAPTURES: Readonly<Record<string, Capture>> = {
  true: SPANS,
  "1": SPANS,
  span_only: SPANS,
  event_only: { spans: false, events: true },
  span_and_event: { spans: true, events: true },
};

export function settingsFrom(choices: Choices, environment: Environment): Settings {
  const told = environment["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"];
  const chosen = String(choices.captureContent ?? told ?? "").toLowerCase();
  return {
    generation: generationOf(environment["OTEL_SEMCONV_STABILITY_OPT_IN"]),
    capture: CAPTURES[chosen] ?? NOTHING,
    includeUsage: choices.includeUsage ?? includeUsageFrom(environment["NARUKO_INCLUDE_USAGE"]),
    redact: choices.redact,
    estimateTokens: choices.estimateTokens,
  };
}

function includeUsageFrom(told: string | undefined): IncludeUsage {
  return told === "always" || told === "never" ? told : "known";
}

let current: Settings | undefined;

/** Settings as `start` made them, or by the environment alone where it was not called. */
export function settings(): Settings {
  current ??= settingsFrom({}, process.env);
  return current;
}

export function setSettings(made: Settings): void {
  current = made;
}
