import { utf8Bytes } from "../model/text.ts";
import { CONTENT_TYPES, type Encoding, type Signal } from "./encoding.ts";
import { type ExportRefusal, REFUSALS } from "./export-refusals.ts";

/** An HTTP answer to an export request, as the OTLP/HTTP specification has it. */
export type Answer = {
  readonly httpStatus: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Seconds for the Retry-After header; absent where trying again cannot help. */
  readonly retryAfterS?: number;
};

/** What of a request was not taken: a count of spans, data points or log records, and why. */
export type PartialSuccess = { readonly rejected: number; readonly message: string };

const REJECTED_FIELDS: Readonly<Record<Signal, string>> = {
  traces: "rejectedSpans",
  metrics: "rejectedDataPoints",
  logs: "rejectedLogRecords",
};

/**
 * The Export…ServiceResponse: 200, with `partial_success` set exactly when something was rejected
 * or the message warns of something.
 */
export function answerExport(signal: Signal, encoding: Encoding, partial: PartialSuccess): Answer {
  const { rejected, message } = partial;
  const complete = rejected === 0 && message === "";
  const contentType = CONTENT_TYPES[encoding];
  if (encoding === "protobuf") {
    const success = [...varintField(1, rejected), ...textField(2, message)];
    const body = complete ? [] : lengthField(1, success);
    return { httpStatus: 200, contentType, body: Uint8Array.from(body) };
  }
  // Proto3's JSON mapping writes 64-bit integers as strings and leaves fields with defaults out.
  const partialSuccess = {
    ...(rejected === 0 ? {} : { [REJECTED_FIELDS[signal]]: String(rejected) }),
    ...(message === "" ? {} : { errorMessage: message }),
  };
  return { httpStatus: 200, contentType, body: jsonBytes(complete ? {} : { partialSuccess }) };
}

/**
 * The google.rpc.Status that answers a request of which nothing was taken; of malformed data with a
 * google.rpc.BadRequest in its details, as the specification asks.
 *
 * @param message what a developer reads: where, what, and what would do
 */
export function answerRefusal(encoding: Encoding, refusal: ExportRefusal, message: string): Answer {
  const { httpStatus, rpcCode, retryAfterS } = REFUSALS[refusal];
  const isBadData = refusal === "malformed";
  const body =
    encoding === "protobuf"
      ? statusBytes(rpcCode, message, isBadData ? [badRequest(message)] : [])
      : jsonBytes({
          code: rpcCode,
          message,
          ...(isBadData
            ? { details: [{ "@type": BAD_REQUEST, fieldViolations: [{ description: message }] }] }
            : {}),
        });
  return {
    httpStatus,
    contentType: CONTENT_TYPES[encoding],
    body,
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  };
}

/**
 * The google.rpc.Status of a refusal over gRPC, which has no other place for what HTTP says in its
 * headers: when to try again is a google.rpc.RetryInfo in the details, as the OTLP specification
 * asks ("OTLP/gRPC Throttling").
 *
 * @param code of google.rpc.Code, as in the call's status
 */
export function refusalStatus(refusal: ExportRefusal, code: number, message: string): Uint8Array {
  const { retryAfterS } = REFUSALS[refusal];
  return statusBytes(code, message, [
    ...(refusal === "malformed" ? [badRequest(message)] : []),
    ...(retryAfterS === undefined ? [] : [retryInfo(retryAfterS)]),
  ]);
}

const BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest";
const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

function badRequest(message: string): readonly number[] {
  return any(BAD_REQUEST, lengthField(1, textField(2, message)));
}

/** The delay is a google.protobuf.Duration. */
function retryInfo(seconds: number): readonly number[] {
  return any(RETRY_INFO, lengthField(1, varintField(1, seconds)));
}

function any(type: string, value: readonly number[]): readonly number[] {
  return [...textField(1, type), ...lengthField(2, value)];
}

function statusBytes(
  code: number,
  message: string,
  details: readonly (readonly number[])[],
): Uint8Array {
  const shown = [...varintField(1, code), ...textField(2, message)];
  return Uint8Array.from([...shown, ...details.flatMap((detail) => lengthField(3, detail))]);
}

function jsonBytes(value: unknown): Uint8Array {
  return utf8Bytes(JSON.stringify(value));
}

// Protobuf's wire format (protobuf.dev, "Encoding"); fields with proto3's default are left out.

function varintField(field: number, value: number): readonly number[] {
  return value === 0 ? [] : [field << 3, ...varint(value)];
}

function textField(field: number, text: string): readonly number[] {
  return text === "" ? [] : lengthField(field, [...utf8Bytes(text)]);
}

function lengthField(field: number, content: readonly number[]): readonly number[] {
  return [(field << 3) | 2, ...varint(content.length), ...content];
}

/** @param value whole, not negative, below 2^53 */
function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}
