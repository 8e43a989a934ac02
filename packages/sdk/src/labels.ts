import type { Attributes } from "@opentelemetry/api";

/** Sets of labels that are remembered; an application has far fewer. */
const KNOWN = 4096;

const known = new Map<string, Attributes>();

/**
 * One object for all labels that say the same, so that a meter finds their series at once. What is
 * returned is shared: it is never changed.
 */
export function sameLabels(labels: Attributes): Attributes {
  let spelled = "";
  for (const key in labels) {
    const value: unknown = labels[key];
    spelled += `${key}\0${typeof value}${String(value)}\0`;
  }
  const first = known.get(spelled);
  if (first !== undefined) return first;
  if (known.size < KNOWN) known.set(spelled, labels);
  return labels;
}
