import { SECOND_MS } from "@naruko/core/model/time";

const SECONDS = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const DATE = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** Epoch ms of a time in RFC 3339 or in seconds since 1970; `undefined` where the text is neither. */
export function parseStartTime(text: string): number | undefined {
  if (SECONDS.test(text)) return Math.round(Number(text) * SECOND_MS);
  const at = DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : at;
}
