import type { Call } from "../model/call.ts";
import { formatLabels } from "../model/labels.ts";
import type { Append } from "../model/sample.ts";
import { epochMs } from "../model/time.ts";

/** Keeps what was appended, one line a sample: `seconds series value`. */
export class Recorder {
  readonly lines: string[] = [];
  readonly append: Append = (labels, at, value) => {
    this.lines.push(
      `${at / 1000} ${formatLabels(labels)} ${typeof value === "object" ? "histogram" : value}`,
    );
  };

  /** The lines that contain a text, which is then forgotten by the recorder. */
  take(...texts: readonly string[]): readonly string[] {
    const found = this.lines.filter((line) => texts.every((text) => line.includes(text)));
    this.lines.length = 0;
    return found;
  }
}

/** Fields of a call to set, or (by `undefined`) to leave out. */
export type CallFields = { readonly [Name in keyof Call]?: Call[Name] | undefined };

let spans = 0;

/** A plain successful chat call; each has a span id of its own. */
export function call(fields: CallFields = {}): Call {
  spans++;
  return {
    traceId: "0".repeat(32),
    spanId: spans.toString(16).padStart(16, "0"),
    kind: "inference",
    operation: "chat",
    startAt: epochMs(0),
    endAt: epochMs(1000),
    durationS: 1,
    service: "shop",
    provider: "openai",
    requestModel: "m",
    stream: false,
    finishReasons: [],
    usage: { inputTokens: 10, outputTokens: 5 },
    usageSource: "provider",
    weight: 1,
    dialect: "otel",
    ...fields,
  } as Call;
}

/** A time in seconds. */
export function s(seconds: number): ReturnType<typeof epochMs> {
  return epochMs(seconds * 1000);
}
