/** Whole milliseconds since the Unix epoch, UTC. Every time inside the core has this type. */
export type EpochMs = number & { readonly __epochMs: never };

/** Marks a number as a point in time. The caller vouches that it is finite and whole. */
export function epochMs(value: number): EpochMs {
  // The brand exists at compile time only, so a cast is the only way in.
  return value as EpochMs;
}

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
