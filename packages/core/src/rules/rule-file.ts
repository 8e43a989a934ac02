import type { Place } from "../model/input-error.ts";
import { InputError } from "../model/input-error.ts";
import { METRIC_NAME } from "../model/labels.ts";
import type { YamlFile, YamlNode, YamlScalar } from "../model/yaml.ts";
import type { Expression, ExpressionOptions } from "./expression.ts";
import { parseExpression } from "./expression.ts";
import { textReachMs } from "./rule-reach.ts";
import type { AlertingRule, NamedTemplates, RecordingRule, Rule, RuleGroup } from "./rule.ts";
import { parseTemplate } from "./template/template.ts";
import { describe, FaultList, Fields } from "./yaml-fields.ts";
import { placeInFile } from "./yaml-text-place.ts";

const FILE_FIELDS = ["groups"];
const GROUP_FIELDS = ["name", "interval", "query_offset", "limit", "labels", "rules"];
const RULE_FIELDS = ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];

export type RuleFile = {
  /** Complete only when there are no errors; a file with errors is refused whole. */
  readonly groups: readonly RuleGroup[];
  readonly errors: readonly InputError[];
  /** What Prometheus accepts and promtool's linter points at: rules of equal name and labels. */
  readonly warnings: readonly InputError[];
};

/**
 * Reads a Prometheus rule file; accepts and refuses as Prometheus 3.x with UTF-8 names does
 * (prometheus/prometheus, model/rulefmt). Messages start with file, line and column.
 */
export function parseRuleFile(file: YamlFile, options: ExpressionOptions = {}): RuleFile {
  const faults = new FaultList(file);
  const reader = new RuleFileReader(faults, options);
  const groups = reader.file(file.root);
  return { groups, errors: faults.errors, warnings: faults.warnings };
}

/** One label or annotation as it stands in the file. */
type WrittenPair = {
  readonly name: string;
  readonly text: string;
  readonly place: Place;
  readonly scalar: YamlScalar;
};

type WrittenRule = { readonly rule: Rule; readonly place: Place };

class RuleFileReader {
  readonly #faults: FaultList;
  readonly #options: ExpressionOptions;

  constructor(faults: FaultList, options: ExpressionOptions) {
    this.#faults = faults;
    this.#options = options;
  }

  file(root: YamlNode | undefined): RuleGroup[] {
    // An empty file is a rule file without groups.
    if (root === undefined || (root.kind === "scalar" && root.value === null)) return [];
    if (root.kind !== "map") {
      this.#faults.error(root.place, `a rule file is a map with "groups", got ${describe(root)}`);
      return [];
    }
    const names = new Set<string>();
    const items = new Fields(root, FILE_FIELDS, "a rule file", this.#faults).list("groups");
    return items.flatMap((item) => this.#group(item, names));
  }

  #group(node: YamlNode, names: Set<string>): RuleGroup[] {
    if (node.kind !== "map") {
      this.#faults.error(
        node.place,
        `a group is a map with "name" and "rules", got ${describe(node)}`,
      );
      return [];
    }
    const fields = new Fields(node, GROUP_FIELDS, "a group", this.#faults);
    const name = fields.text("name");
    if (name === "") {
      this.#faults.error(fields.keyPlace("name"), "a group needs a name that is not empty");
    } else if (names.has(name)) {
      const place = fields.node("name")?.place ?? fields.place;
      this.#faults.error(place, `group "${name}" is repeated; names are unique in one file`);
    }
    names.add(name);
    const groupLabels = this.#labels(fields);
    const intervalMs = fields.durationMs("interval") ?? 0;
    const group = {
      file: this.#faults.file.name,
      name,
      // Zero means the default, as an absent interval does.
      intervalMs: intervalMs === 0 ? undefined : intervalMs,
      limit: fields.wholeNumber("limit"),
      queryOffsetMs: fields.durationMs("query_offset") ?? 0,
    };
    const written = fields.list("rules").flatMap((rule) => this.#rule(rule, groupLabels));
    this.#warnOfDuplicates(written);
    return [{ ...group, rules: written.map(({ rule }) => rule) }];
  }

  #rule(node: YamlNode, groupLabels: readonly WrittenPair[]): WrittenRule[] {
    if (node.kind !== "map") {
      const got = describe(node);
      this.#faults.error(node.place, `a rule is a map with "record" or "alert", got ${got}`);
      return [];
    }
    const fields = new Fields(node, RULE_FIELDS, "a rule", this.#faults);
    const record = fields.text("record");
    const alert = fields.text("alert");
    const expr = this.#expression(fields);
    // The rule's own label wins over the group's.
    const labels = [
      ...new Map(
        [...groupLabels, ...this.#labels(fields)].map((pair) => [pair.name, pair]),
      ).values(),
    ];
    if (record !== "" && alert !== "") {
      this.#faults.error(
        fields.keyPlace("alert"),
        `a rule has one of "record" and "alert", not both`,
      );
      return [];
    }
    if (record === "" && alert === "") {
      this.#faults.error(fields.place, `a rule needs one of "record" and "alert"`);
      return [];
    }
    const rule = record === "" ? this.#alerting(fields, labels) : this.#recording(fields, labels);
    return expr === undefined ? [] : [{ rule: { ...rule, expr }, place: fields.place }];
  }

  #recording(fields: Fields, labels: readonly WrittenPair[]): Omit<RecordingRule, "expr"> {
    const name = fields.text("record");
    if (name.includes("{") || name.includes("}")) {
      const wrong = `a metric name has no braces, got "${name}"; labels go into "labels", a query into "expr"`;
      this.#faults.error(fields.node("record")?.place ?? fields.place, wrong);
    }
    for (const key of ["for", "keep_firing_for"]) {
      const ms = fields.durationMs(key) ?? 0;
      if (ms !== 0)
        this.#faults.error(
          fields.keyPlace(key),
          `"${key}" is for alerts; a recording rule has none`,
        );
    }
    if (fields.pairs("annotations").length > 0) {
      const wrong = `"annotations" is for alerts; a recording rule has none`;
      this.#faults.error(fields.keyPlace("annotations"), wrong);
    }
    return { kind: "record", name, labels: labels.map(({ name: label, text }) => [label, text]) };
  }

  #alerting(fields: Fields, labels: readonly WrittenPair[]): Omit<AlertingRule, "expr"> {
    const name = fields.text("alert");
    const annotations = this.#pairs(fields, "annotations");
    for (const { name: written, place } of annotations) {
      if (written === "") this.#faults.error(place, "an annotation needs a name");
    }
    const labelTemplates = this.#templates(labels, "label", name);
    const annotationTemplates = this.#templates(annotations, "annotation", name);
    return {
      kind: "alert",
      name,
      forMs: fields.durationMs("for") ?? 0,
      keepFiringForMs: fields.durationMs("keep_firing_for") ?? 0,
      labels: labels.map(({ name: label, text }) => [label, text]),
      annotations: annotations.map(({ name: annotation, text }) => [annotation, text]),
      labelTemplates,
      annotationTemplates,
      textReachMs: textReachMs([...labelTemplates, ...annotationTemplates], this.#options),
    };
  }

  #expression(fields: Fields): Expression | undefined {
    const scalar = fields.scalar("expr");
    if (scalar === undefined || scalar.text === "") {
      if (scalar !== undefined || fields.node("expr") === undefined) {
        this.#faults.error(fields.keyPlace("expr"), `a rule needs an expression in "expr"`);
      }
      return undefined;
    }
    try {
      return parseExpression(scalar.text, this.#options);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const place = placeInFile(this.#faults.file, scalar, error.place);
      // Its own line and column count from the start of the expression.
      const what = error.message.replace(/^\d+:\d+: /, "");
      this.#faults.error(place, what, "promql");
      return undefined;
    }
  }

  #labels(fields: Fields): readonly WrittenPair[] {
    const pairs = this.#pairs(fields, "labels");
    for (const { name, place } of pairs) {
      if (name !== "" && name !== METRIC_NAME) continue;
      const wrong = `"${name}" cannot be set as a label; a metric is named by "record"`;
      this.#faults.error(place, wrong);
    }
    return pairs;
  }

  #pairs(fields: Fields, key: string): readonly WrittenPair[] {
    return fields.pairs(key).map(({ name, value }) => {
      const text = value.value === null ? "" : value.text;
      return { name: name.key, text, place: name.keyPlace, scalar: value };
    });
  }

  /** Parsed at load, so that a broken template is refused before it could fail in an incident. */
  #templates(pairs: readonly WrittenPair[], what: string, alert: string): NamedTemplates {
    return pairs.flatMap(({ name, text, scalar }) => {
      try {
        return [[name, parseTemplate(text, alert)] as const];
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        const place = placeInFile(this.#faults.file, scalar, error.place);
        this.#faults.error(place, `${what} "${name}": ${error.message}`, "template");
        return [];
      }
    });
  }

  #warnOfDuplicates(written: readonly WrittenRule[]): void {
    const seen = new Set<string>();
    for (const { rule, place } of written) {
      const key = JSON.stringify([
        rule.name,
        [...rule.labels].map(([name, value]) => JSON.stringify([name, value])).toSorted(),
      ]);
      if (seen.has(key)) {
        const what = `rule "${rule.name}" is repeated with the same labels`;
        this.#faults.warning(place, `${what}; its series and alerts would mix`);
      }
      seen.add(key);
    }
  }
}
