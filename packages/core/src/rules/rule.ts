import type { Expression } from "./expression.ts";
import type { Template } from "./template/template.ts";

/** Name and value pairs in file order; unlike `Labels`, an empty value is kept (it removes a label). */
export type LabelPairs = readonly (readonly [string, string])[];

/** Label or annotation name, and the template of its value. */
export type NamedTemplates = readonly (readonly [string, Template])[];

export type RecordingRule = {
  readonly kind: "record";
  /** The metric name that its samples get. */
  readonly name: string;
  readonly expr: Expression;
  /** The group's labels overridden by the rule's. */
  readonly labels: LabelPairs;
};

export type AlertingRule = {
  readonly kind: "alert";
  readonly name: string;
  readonly expr: Expression;
  /** How long a breach must last before it fires; 0 fires at once. */
  readonly forMs: number;
  /** How long an alert goes on firing after its last breach. */
  readonly keepFiringForMs: number;
  /** As written, templates unexpanded. */
  readonly labels: LabelPairs;
  readonly annotations: LabelPairs;
  readonly labelTemplates: NamedTemplates;
  readonly annotationTemplates: NamedTemplates;
  /** How far back the queries in its texts look, in ms. */
  readonly textReachMs: number;
};

export type Rule = RecordingRule | AlertingRule;

/** Rules that are evaluated together, in order, each seeing what the ones before it wrote. */
export type RuleGroup = {
  readonly file: string;
  /** Unique within its file. */
  readonly name: string;
  /** Absent: every tick. */
  readonly intervalMs: number | undefined;
  /** Most series of a recording rule or active alerts of an alerting rule; 0 is none. */
  readonly limit: number;
  /** How far back in time expressions are evaluated and samples are written. */
  readonly queryOffsetMs: number;
  readonly rules: readonly Rule[];
};
