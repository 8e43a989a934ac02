import { InputError } from "@naruko/core/model/input-error";
import {
  RELABEL_ACTIONS,
  relabelPattern,
  type RelabelAction,
  type RelabelStep,
} from "@naruko/core/scrape/relabel";
import { z } from "zod";
import { plainText } from "./http-schema.ts";

/** An expression of RE2's syntax, compiled; what is wrong with it is told at its place. */
const pattern = plainText.transform((source, context) => {
  try {
    return relabelPattern(source);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    context.addIssue(`expected a regular expression of RE2's syntax: ${error.message}`);
    return z.NEVER;
  }
});

const NEED_TARGET: ReadonlySet<RelabelAction> = new Set([
  "replace",
  "hashmod",
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
]);
/** Actions that look at names or whole values alone: keys beside these would have no effect. */
const ALLOWED: Readonly<Partial<Record<RelabelAction, readonly string[]>>> = {
  labeldrop: ["regex"],
  labelkeep: ["regex"],
  labelmap: ["regex", "replacement"],
  keepequal: ["source_labels", "target_label"],
  dropequal: ["source_labels", "target_label"],
  lowercase: ["source_labels", "separator", "target_label"],
  uppercase: ["source_labels", "separator", "target_label"],
  hashmod: ["source_labels", "separator", "target_label", "modulus"],
};

const step = z
  .strictObject({
    source_labels: z.array(plainText, "expected a list of label names").optional(),
    separator: plainText.optional(),
    regex: pattern.optional(),
    modulus: z.int("expected a whole number").min(1, "expected at least 1").optional(),
    target_label: plainText.optional(),
    replacement: plainText.optional(),
    action: z.enum(RELABEL_ACTIONS, `expected one of ${RELABEL_ACTIONS.join(", ")}`).optional(),
  })
  .superRefine((written, context) => {
    const { action = "replace", target_label, modulus } = written;
    if (NEED_TARGET.has(action) && (target_label ?? "") === "") {
      context.addIssue(`the action ${action} needs a target_label`);
    }
    if (action === "hashmod" && modulus === undefined) {
      context.addIssue("the action hashmod needs a modulus");
    }
    const allowed = ALLOWED[action];
    for (const key of Object.keys(written)) {
      if (key === "action" || allowed === undefined || allowed.includes(key)) continue;
      const message = `${key} has no effect on the action ${action}: leave it out`;
      context.addIssue({ code: "custom", message, path: [key] });
    }
  })
  .transform((written): RelabelStep => ({
    action: written.action ?? "replace",
    sourceLabels: written.source_labels ?? [],
    separator: written.separator ?? ";",
    regex: written.regex ?? relabelPattern("(.*)"),
    modulus: written.modulus ?? 0,
    targetLabel: written.target_label ?? "",
    replacement: written.replacement ?? "$1",
  }));

/** `relabel_configs`, `metric_relabel_configs` and `write_relabel_configs`. */
export const relabelSteps: z.ZodType<readonly RelabelStep[]> = z
  .array(step, "expected a list of relabelling steps")
  .default([]);
