import { connect, constants } from "node:http2";
import type {
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  SecureClientSessionOptions,
} from "node:http2";

/** How a call ended. Refusals have their status in the headers, the others in the trailers. */
export type Ended = {
  readonly httpStatus: number;
  /** The number of gRPC's code; absent where the answer is none of gRPC. */
  readonly code?: number;
  readonly reason: string;
  /** The google.rpc.Status of `grpc-status-details-bin`. */
  readonly details?: Buffer;
  readonly headers: IncomingHttpHeaders;
  /** The message of the answer, without its prefix. */
  readonly message: Buffer;
};

export type GrpcCall = {
  readonly path: string;
  /** Bytes as they are; see `framed`. */
  readonly body: Buffer;
  readonly headers?: OutgoingHttpHeaders;
  readonly connection?: SecureClientSessionOptions;
};

/** A message as gRPC sends it, behind its flag and its length. */
export function framed(message: Uint8Array, flag = 0, length: number = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** Makes one call over a connection of its own, byte for byte as it is told to. */
export async function callGrpc(url: string, call: GrpcCall): Promise<Ended> {
  const session = connect(url, call.connection);
  try {
    return await new Promise<Ended>((resolve, reject) => {
      session.once("error", reject);
      const stream = session.request({
        ":method": "POST",
        ":path": call.path,
        "content-type": "application/grpc",
        te: "trailers",
        ...call.headers,
      });
      let headers: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      const parts: Buffer[] = [];
      stream.on("response", (got) => (headers = got));
      stream.on("trailers", (got: IncomingHttpHeaders) => (trailers = got));
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("error", (error) => {
        // A server that has answered need not read the rest.
        if (headers[":status"] === undefined) reject(error);
      });
      stream.once("close", () => {
        if (stream.rstCode === constants.NGHTTP2_NO_ERROR || headers[":status"] !== undefined) {
          resolve(ended(headers, trailers, Buffer.concat(parts)));
        } else reject(new Error(`reset: ${stream.rstCode}`));
      });
      // A GET has ended already.
      if (!stream.writableEnded) stream.end(call.body);
    });
  } finally {
    session.close();
  }
}

function ended(headers: IncomingHttpHeaders, trailers: IncomingHttpHeaders, body: Buffer): Ended {
  const all = { ...headers, ...trailers };
  const { "grpc-status": code, "grpc-message": reason = "", "grpc-status-details-bin": bin } = all;
  return {
    httpStatus: Number(headers[":status"]),
    ...(code !== undefined && { code: Number(code) }),
    reason: decodeURIComponent(String(reason)),
    ...(bin !== undefined && { details: Buffer.from(String(bin), "base64") }),
    headers,
    message: body.subarray(5),
  };
}
