import type { GoValue } from "./value.ts";

/**
 * What a parameter takes, by its Go type. `value` is what reflection takes: any value, nil included.
 */
export type ParameterType = "any" | "value" | "string" | "sample" | "samples" | "duration";

/** How Go names a parameter's type in its messages. */
export const PARAMETER_TYPES: Readonly<Record<ParameterType, string>> = {
  any: "interface {}",
  value: "reflect.Value",
  string: "string",
  sample: "*template.sample",
  samples: "template.queryResult",
  duration: "time.Duration",
};

/** What functions may look at beside their arguments. */
export type TemplateContext = {
  /** Evaluation time in ms: what `now` gives and `query` asks at. */
  readonly nowMs: number;
  /** The address of the web interface. */
  readonly externalUrl: string;
  /** Runs a PromQL query; throws `InputError` where it fails. */
  readonly query: (expression: string) => GoValue;
};

export type TemplateFunction = {
  readonly parameters: readonly ParameterType[];
  /** Whether the last parameter may be repeated, or left out. */
  readonly variadic?: boolean;
  /** Throws `InputError("template")` where Go's function returns an error. */
  readonly call: (args: readonly GoValue[], context: TemplateContext) => GoValue;
};
