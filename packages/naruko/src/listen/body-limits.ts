import type { Limits } from "@naruko/core/model/limits";

/** A body that was refused: the status that HTTP has for it, and why. The reason names the limit, if it was one. */
export type BodyRefusal = {
  readonly status: 400 | 413 | 415 | 503;
  readonly reason: string;
};

export type BodyLimits = Pick<Limits, "bodyBytes" | "inflatedBytes">;

/** A body within the limits, decompressed, or why there is none. */
export type Body = { readonly bytes: Uint8Array } | { readonly refusal: BodyRefusal };

export function tooLarge(limit: "bodyBytes" | "inflatedBytes", limits: BodyLimits): Body {
  const what = limit === "bodyBytes" ? "body" : "decompressed body";
  const reason = `the ${what} has more than ${limits[limit]} bytes (limit ${limit})`;
  return { refusal: { status: 413, reason } };
}

export function noRoom(): Body {
  const reason = "too many bytes of other requests are in hand (limit inFlightBytes)";
  return { refusal: { status: 503, reason } };
}
