import type { Family } from "./exposition.ts";

/** gRPC's status codes that are answered here, by their names (google.rpc.Code). */
export const GRPC_CODES = {
  OK: 0,
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type GrpcCode = keyof typeof GRPC_CODES;

/** Of texts in trailers: senders take 8 kB of metadata by default, and they are in them twice. */
const SHOWN_LENGTH = 500;

/** How a call ended, as its trailers say it. */
export type GrpcStatus = {
  readonly code: GrpcCode;
  readonly message: string;
  /** A google.rpc.Status with its details, for those that have some. */
  readonly details?: Uint8Array;
};

/** The text of a status, short enough for trailers. */
export function shownMessage(message: string): string {
  return message.length <= SHOWN_LENGTH ? message : `${message.slice(0, SHOWN_LENGTH - 1)}…`;
}

/** The trailers of a status (gRPC over HTTP/2, "Responses"). */
export function trailersOf({ code, message, details }: GrpcStatus): Record<string, string> {
  return {
    "grpc-status": String(GRPC_CODES[code]),
    ...(message === "" ? {} : { "grpc-message": percentEncoded(message) }),
    ...(details === undefined
      ? {}
      : { "grpc-status-details-bin": Buffer.from(details).toString("base64") }),
  };
}

/** Bytes of UTF-8 beyond printable ASCII are written as `%E9`, and so is the sign itself. */
function percentEncoded(text: string): string {
  const bytes = [...Buffer.from(text, "utf8")];
  return bytes
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== PERCENT
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .join("");
}

const PERCENT = 0x25;

/** How calls ended, by code. */
export class GrpcCounts {
  readonly byCode: Map<GrpcCode, number> = new Map();

  ended(code: GrpcCode): void {
    this.byCode.set(code, (this.byCode.get(code) ?? 0) + 1);
  }
}

export function grpcFamily({ byCode }: GrpcCounts): Family {
  return {
    name: "naruko_grpc_requests_total",
    help: "OTLP/gRPC requests by the code of their status.",
    type: "counter",
    samples: [...byCode].map(([code, value]) => ({ labels: { code }, value })),
  };
}
