/** Why nothing of an export request was taken. */
export type ExportRefusal =
  | "malformed"
  | "unauthenticated"
  | "forbidden"
  | "unknown-path"
  | "method-not-allowed"
  | "too-large"
  | "unsupported-media-type"
  | "too-many-requests"
  | "internal"
  | "overloaded";

/** How a refusal is told: by HTTP's status, and by google.rpc.Code in the body. */
export type RefusalAnswer = {
  readonly httpStatus: number;
  readonly rpcCode: number;
  /** Present exactly where the sender may try again, and then after so many seconds. */
  readonly retryAfterS?: number;
};

/**
 * By the OTLP specification a sender tries again after 429, 502, 503 and 504 and after no other
 * status: a failed commit is `overloaded`, so that nothing is lost; `internal` is a bug of ours,
 * which the same request would meet again.
 */
export const REFUSALS: Readonly<Record<ExportRefusal, RefusalAnswer>> = {
  malformed: { httpStatus: 400, rpcCode: 3 },
  unauthenticated: { httpStatus: 401, rpcCode: 16 },
  forbidden: { httpStatus: 403, rpcCode: 7 },
  "unknown-path": { httpStatus: 404, rpcCode: 5 },
  "method-not-allowed": { httpStatus: 405, rpcCode: 12 },
  "too-large": { httpStatus: 413, rpcCode: 8 },
  "unsupported-media-type": { httpStatus: 415, rpcCode: 3 },
  "too-many-requests": { httpStatus: 429, rpcCode: 8, retryAfterS: 5 },
  internal: { httpStatus: 500, rpcCode: 13 },
  overloaded: { httpStatus: 503, rpcCode: 14, retryAfterS: 5 },
};
