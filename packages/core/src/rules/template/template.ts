import { InputError } from "../../model/input-error.ts";
import type { Limits } from "../../model/limits.ts";
import { BUILTINS } from "./builtins.ts";
import { execute } from "./executor.ts";
import type { TemplateContext, TemplateFunction } from "./functions.ts";
import { parseTemplateText } from "./parser.ts";
import { PROMETHEUS_FUNCTIONS } from "./prometheus-functions.ts";
import type { TemplateSet } from "./tree.ts";
import type { GoMap, GoValue } from "./value.ts";

/** What Prometheus puts before every text of an alert; places in Go's messages count it in. */
const PREFIX =
  "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}" +
  "{{$externalURL := .ExternalURL}}{{$value := .Value}}";

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries({ ...BUILTINS, ...PROMETHEUS_FUNCTIONS }),
);
const FUNCTION_NAMES: ReadonlySet<string> = new Set(FUNCTIONS.keys());

/** The text of a label or annotation, parsed. */
export type Template = {
  /** Names the alert in messages: `__alert_<name>`. */
  readonly name: string;
  /** As written. */
  readonly text: string;
  /** Absent where the text has no action and stands for itself. */
  readonly templates: TemplateSet | undefined;
};

/** What a template shows. */
export type TemplateData = {
  readonly labels: GoMap;
  readonly externalLabels: GoMap;
  readonly value: GoValue;
};

export type TemplateLimits = Pick<Limits, "templateSteps" | "templateLength">;

/**
 * Parses a text of an alert.
 *
 * @throws InputError("template") with its place in the text
 */
export function parseTemplate(text: string, alert: string): Template {
  const name = `__alert_${alert}`;
  if (!text.includes("{{")) return { name, text, templates: undefined };
  try {
    return { name, text, templates: parseTemplateText(PREFIX + text, FUNCTION_NAMES) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { from, to } = error.place ?? { from: PREFIX.length, to: PREFIX.length };
    const place = { from: Math.max(0, from - PREFIX.length), to: Math.max(0, to - PREFIX.length) };
    throw new InputError("template", error.message, place, error);
  }
}

/**
 * Expands a text. A failure is shown in its place, as in Prometheus, because half an alert is worth
 * more than none: `<error expanding template: …>`.
 */
export function expandTemplate(
  template: Template,
  data: TemplateData,
  context: TemplateContext,
  limits: TemplateLimits,
): string {
  const { name, templates } = template;
  if (templates === undefined) return template.text;
  const fields = new Map<string, GoValue>([
    ["Labels", data.labels],
    ["ExternalLabels", data.externalLabels],
    ["ExternalURL", context.externalUrl],
    ["Value", data.value],
  ]);
  const dot: GoValue = { kind: "struct", type: DATA_TYPE, fields };
  try {
    const text = PREFIX + template.text;
    return execute({ name, text, templates, functions: FUNCTIONS, context, limits }, dot);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return `<error expanding template: error executing template ${name}: ${error.message}>`;
  }
}

const DATA_TYPE =
  "struct { Labels map[string]string; ExternalLabels map[string]string; " +
  "ExternalURL string; Value interface {} }";
