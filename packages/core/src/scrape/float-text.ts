import { formatFloat } from "../model/go-float.ts";

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/** A number as Prometheus reads it in an exposition; `undefined` where it refuses the text. */
export function readFloat(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (INFINITE.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? NaN : undefined;
}

/** A bound as OpenMetrics writes it: whole numbers end in `.0`, so that `1` and `1.0` are one series. */
export function boundText(value: number): string {
  const text = formatFloat(value, "g", -1);
  return /[.eIN]/.test(text) ? text : `${text}.0`;
}
