import type { EpochMs } from "@naruko/core/model/time";

/** RFC 3339 as Go writes it: without a fraction that is zero, and year 1 for no time at all. */
export function goTime(at: EpochMs | undefined): string {
  if (at === undefined) return "0001-01-01T00:00:00Z";
  return new Date(at).toISOString().replace(/\.?0+Z$/, "Z");
}
