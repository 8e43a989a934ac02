import { labelsFrom, METRIC_NAME, type Labels } from "../model/labels.ts";
import type { AttributeValue, Attributes } from "../receive/records.ts";
import { labelCut } from "./attributes.ts";
import type { ReadContext } from "./context.ts";
import { prometheusLabelName } from "./prometheus-names.ts";
import type { Source } from "./source.ts";

/** Why a data point cannot have labels. */
export type LabelRefusal = "too-many-labels" | "label-name";

/**
 * A data point's labels: its attributes under names that Prometheus allows (where two keys come to
 * one name, their values joined by `;` in the order of the keys), and who sent it: `job` and
 * `instance` as in Prometheus, `service_name` and `deployment_environment_name` beside them. What
 * the resource says wins over an attribute of that name.
 */
export function pointLabels(
  name: string,
  attributes: Attributes,
  source: Source,
  context: ReadContext,
): Labels | LabelRefusal {
  const byName = new Map<string, string>();
  for (const key of [...attributes.keys()].toSorted()) {
    const value = attributeText(attributes.get(key));
    if (value === "") continue;
    const label = prometheusLabelName(key);
    if (label === undefined || label.length > context.limits.labelLength) return "label-name";
    const before = byName.get(label);
    byName.set(label, before === undefined ? value : `${before};${value}`);
  }
  for (const [label, value] of byName) byName.set(label, labelCut(value, context));
  byName.set(METRIC_NAME, name);
  byName.set("service_name", source.service);
  if (source.job !== undefined) byName.set("job", source.job);
  if (source.instance !== undefined) byName.set("instance", source.instance);
  if (source.environment !== undefined) {
    byName.set("deployment_environment_name", source.environment);
  }
  if (byName.size > context.limits.labelsPerPoint) return "too-many-labels";
  return labelsFrom(byName);
}

/** A value as text: as it is, or as JSON where it is structured; bytes as their numbers. */
function attributeText(value: AttributeValue | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(plain(value)) : String(value);
}

/** The decoders bound how deep a value nests. */
function plain(value: AttributeValue): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}
