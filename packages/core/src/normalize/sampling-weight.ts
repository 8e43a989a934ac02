// Both halves of a 56-bit number, because a double holds only 53 bits exactly.
const HALF = 2 ** 28;
const WHOLE = 2 ** 56;

const THRESHOLD = /^[0-9a-f]{1,14}$/;

/**
 * How many spans one sampled span stands for, from the W3C tracestate: OpenTelemetry's entry
 * `ot=th:…` holds the rejection threshold, 56 bits in hex with trailing zeros left out; the weight
 * is the inverse of the share that passes. 1 where nothing is told or the entry is malformed.
 * Source: https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
 */
export function samplingWeight(traceState: string): number {
  if (traceState === "") return 1;
  for (const member of traceState.split(",")) {
    const entry = member.trim();
    if (entry.startsWith("ot=")) return weightOf(entry.slice(3));
  }
  return 1;
}

function weightOf(fields: string): number {
  for (const field of fields.split(";")) {
    if (!field.startsWith("th:")) continue;
    const digits = field.slice(3);
    if (!THRESHOLD.test(digits)) return 1;
    const padded = digits.padEnd(14, "0");
    const high = Number.parseInt(padded.slice(0, 7), 16);
    const low = Number.parseInt(padded.slice(7), 16);
    return WHOLE / ((HALF - high) * HALF - low);
  }
  return 1;
}
