import { compilePattern, expand, replaceMatches, type Pattern } from "../model/pattern.ts";
import { md5Bucket } from "./md5.ts";

export const RELABEL_ACTIONS = [
  "replace",
  "keep",
  "drop",
  "hashmod",
  "labelmap",
  "labeldrop",
  "labelkeep",
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
] as const;
export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

/** One step of `relabel_configs`, with its defaults filled in. */
export type RelabelStep = {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly regex: Pattern;
  /** Of `hashmod`; at least 1 there, 0 elsewhere. */
  readonly modulus: number;
  readonly targetLabel: string;
  readonly replacement: string;
};

/** How Prometheus compiles `regex`: anchored, and a dot matches line breaks. */
export function relabelPattern(source: string): Pattern {
  return compilePattern(source, { anchored: true, dotAll: true, kind: "config" });
}

/** An absent label is the empty one; a label that is set to the empty text is gone. */
export type MutableLabels = Map<string, string>;

/** Takes labels through the steps, in place. */
export function relabel(labels: MutableLabels, steps: readonly RelabelStep[]): "kept" | "dropped" {
  for (const step of steps) if (take(labels, step) === "dropped") return "dropped";
  return "kept";
}

function take(labels: MutableLabels, step: RelabelStep): "kept" | "dropped" {
  const { action, regex, targetLabel } = step;
  const source = step.sourceLabels.map((name) => labels.get(name) ?? "").join(step.separator);
  switch (action) {
    case "drop":
      return regex.matches(source) ? "dropped" : "kept";
    case "keep":
      return regex.matches(source) ? "kept" : "dropped";
    case "dropequal":
      return (labels.get(targetLabel) ?? "") === source ? "dropped" : "kept";
    case "keepequal":
      return (labels.get(targetLabel) ?? "") === source ? "kept" : "dropped";
    case "replace":
      replace(labels, step, source);
      return "kept";
    case "lowercase":
      set(labels, targetLabel, source.toLowerCase());
      return "kept";
    case "uppercase":
      set(labels, targetLabel, source.toUpperCase());
      return "kept";
    case "hashmod":
      set(labels, targetLabel, String(md5Bucket(source, step.modulus)));
      return "kept";
    case "labelmap":
    case "labeldrop":
    case "labelkeep":
      byName(labels, step);
      return "kept";
  }
}

function replace(
  labels: MutableLabels,
  { regex, targetLabel, replacement }: RelabelStep,
  source: string,
): void {
  const captures = regex.captures(source);
  if (captures === undefined) return;
  const name = expand(targetLabel, captures, regex.names);
  if (name !== "") set(labels, name, expand(replacement, captures, regex.names));
}

function byName(labels: MutableLabels, { action, regex, replacement }: RelabelStep): void {
  for (const [name, value] of Array.from(labels)) {
    const matches = regex.matches(name);
    if (action === "labelmap" && matches) {
      const mapped = replaceMatches(regex, name, (captures) =>
        expand(replacement, captures, regex.names),
      );
      set(labels, mapped, value);
    }
    if (action === "labeldrop" && matches) labels.delete(name);
    if (action === "labelkeep" && !matches) labels.delete(name);
  }
}

function set(labels: MutableLabels, name: string, value: string): void {
  if (value === "") labels.delete(name);
  else labels.set(name, value);
}
