import { FEATURES, type Feature } from "@naruko/core/model/features";
import { Misuse, textOptions } from "./command.ts";
import type { Values } from "./command.ts";

/** `--enable-feature`, as Prometheus' own programs have it. */
export const FEATURE_OPTION = {
  type: "string",
  value: "NAME,…",
  multiple: true,
  help: "experimental parts of PromQL that rules may use",
} as const;

/** What `--enable-feature` turns on. */
export function featuresOf(values: Values): readonly Feature[] {
  const options = textOptions(values, "enable-feature");
  const names = options.flatMap((option) => option.split(",")).map((name) => name.trim());
  return names.map((name): Feature => {
    const feature = FEATURES.find((known) => known === name);
    if (feature !== undefined) return feature;
    throw new Misuse(`--enable-feature: unknown "${name}"; there are ${FEATURES.join(", ")}`);
  });
}
