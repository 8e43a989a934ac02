import type { ServerHttp2Stream } from "node:http2";
import type { BodyShare } from "./body-budget.ts";
import { noRoom, tooLarge } from "./body-limits.ts";
import type { Body, BodyLimits } from "./body-limits.ts";
import { inflateBody } from "./inflate.ts";
import type { Coding } from "./inflate.ts";

/** A flag and the length of what follows, big-endian (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const PREFIX_BYTES = 5;

/**
 * Reads the one message of a unary call within the limits, by the length that it announces before it
 * arrives as well as by what arrives.
 *
 * @param coding of messages that are flagged as compressed; absent: none may be
 * @throws Error when the sender gives the call up
 */
export async function readMessage(
  stream: ServerHttp2Stream,
  coding: Coding | undefined,
  limits: BodyLimits,
  share: BodyShare,
): Promise<Body> {
  const framed = await readFramed(stream, limits, share);
  if ("refusal" in framed) return framed;
  const { bytes } = framed;
  if (bytes.length < PREFIX_BYTES) return malformed("the call has no message");
  const announced = lengthIn(bytes);
  const message = bytes.subarray(PREFIX_BYTES);
  if (message.length < announced) {
    return malformed(`the message ends after ${message.length} of ${announced} bytes`);
  }
  if (message.length > announced) {
    return malformed(`expected one message of ${announced} bytes, and nothing after it`);
  }
  const [flag = 0] = bytes;
  if (flag > 1) return malformed(`the message begins with the flag ${flag}; expected 0 or 1`);
  if (flag === 0) return { bytes: message };
  if (coding !== undefined) return inflateBody(message, coding, limits, share);
  return malformed("the message is flagged as compressed, and no grpc-encoding says how");
}

function malformed(reason: string): Body {
  return { refusal: { status: 400, reason } };
}

function lengthIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(1);
}

/**
 * All that is sent, prefix included. Not by `for await`: leaving that early would destroy the stream,
 * and with it the answer.
 */
function readFramed(
  stream: ServerHttp2Stream,
  limits: BodyLimits,
  share: BodyShare,
): Promise<Body> {
  const parts: Buffer[] = [];
  let length = 0;
  let announced: number | undefined;
  const refusal = (): Body | undefined => {
    if (announced === undefined && length >= PREFIX_BYTES) {
      announced = lengthIn(Buffer.concat(parts, PREFIX_BYTES));
    }
    if (Math.max(announced ?? 0, length - PREFIX_BYTES) > limits.bodyBytes) {
      return tooLarge("bodyBytes", limits);
    }
    return share.setTo(length) ? undefined : noRoom();
  };
  return new Promise((resolve, reject) => {
    let refused: Body | undefined;
    stream.on("data", (part: Buffer) => {
      // What follows a refusal is dropped until the answer has closed the stream.
      if (refused !== undefined) return;
      length += part.length;
      parts.push(part);
      refused = refusal();
      if (refused !== undefined) resolve(refused);
    });
    stream.once("end", () => {
      if (!stream.aborted) resolve({ bytes: Buffer.concat(parts, length) });
    });
    stream.once("close", () => {
      reject(new Error("the sender gave the call up"));
    });
  });
}
