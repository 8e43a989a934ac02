import type { Place } from "../model/input-error.ts";
import { InputError } from "../model/input-error.ts";
import { METRIC_NAME } from "../model/labels.ts";
import type { YamlFile, YamlNode, YamlScalar } from "../model/yaml.ts";
import { YamlReader, type YamlFields } from "../model/yaml-reader.ts";
import type { Expression, ExpressionOptions } from "./expression.ts";
import { parseExpression } from "./expression.ts";
import { textReachMs } from "./rule-reach.ts";
import type { AlertingRule, NamedTemplates, RecordingRule, Rule, RuleGroup } from "./rule.ts";
import { parseTemplate } from "./template/template.ts";
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
  /** Where rules stand in the file. */
  readonly places: ReadonlyMap<Rule, RulePlace>;
};

/** Where a rule stands in its file, and where in the file a place of its expression lies. */
export type RulePlace = {
  readonly place: Place;
  readonly ofExpression: (within: Place) => Place;
};

/**
 * Reads a Prometheus rule file; accepts and refuses as Prometheus 3.x with UTF-8 names does
 * (prometheus/prometheus, model/rulefmt). Messages start with file, line and column.
 */
export function parseRuleFile(file: YamlFile, options: ExpressionOptions = {}): RuleFile {
  const reader = new YamlReader(file, "rule-file");
  const rules = new RuleFileReader(reader, options);
  const groups = rules.file(file.root);
  return { groups, errors: reader.errors, warnings: reader.warnings, places: rules.places };
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
  readonly places = new Map<Rule, RulePlace>();
  readonly #yaml: YamlReader;
  readonly #options: ExpressionOptions;

  constructor(yaml: YamlReader, options: ExpressionOptions) {
    this.#yaml = yaml;
    this.#options = options;
  }

  file(root: YamlNode | undefined): RuleGroup[] {
    // An empty file is a rule file without groups.
    if (root === undefined || (root.kind === "scalar" && root.value === null)) return [];
    const fields = this.#yaml.fields(root, "a rule file", FILE_FIELDS);
    const names = new Set<string>();
    const items = this.#yaml.list(fields?.get("groups"), "groups");
    return items.flatMap((item) => this.#group(item, names));
  }

  #group(node: YamlNode, names: Set<string>): RuleGroup[] {
    const fields = this.#yaml.fields(node, "a group", GROUP_FIELDS);
    if (fields === undefined) return [];
    const name = this.#yaml.text(fields.get("name"), "name") ?? "";
    if (name === "") {
      this.#yaml.refuse(fields.keyPlace("name"), "a group needs a name that is not empty");
    } else if (names.has(name)) {
      const place = fields.get("name")?.place ?? fields.place;
      this.#yaml.refuse(place, `group "${name}" is repeated; names are unique in one file`);
    }
    names.add(name);
    const groupLabels = this.#labels(fields);
    const intervalMs = this.#yaml.durationMs(fields.get("interval"), "interval") ?? 0;
    const group = {
      file: this.#yaml.file.name,
      name,
      // Zero means the default, as an absent interval does.
      intervalMs: intervalMs === 0 ? undefined : intervalMs,
      limit: this.#yaml.wholeNumber(fields.get("limit"), "limit") ?? 0,
      queryOffsetMs: this.#yaml.durationMs(fields.get("query_offset"), "query_offset") ?? 0,
    };
    const written = this.#yaml
      .list(fields.get("rules"), "rules")
      .flatMap((rule) => this.#rule(rule, groupLabels));
    this.#warnOfDuplicates(written);
    return [{ ...group, rules: written.map(({ rule }) => rule) }];
  }

  #rule(node: YamlNode, groupLabels: readonly WrittenPair[]): WrittenRule[] {
    const fields = this.#yaml.fields(node, "a rule", RULE_FIELDS);
    if (fields === undefined) return [];
    const record = this.#yaml.text(fields.get("record"), "record") ?? "";
    const alert = this.#yaml.text(fields.get("alert"), "alert") ?? "";
    const expr = this.#expression(fields);
    // The rule's own label wins over the group's.
    const labels = [
      ...new Map(
        [...groupLabels, ...this.#labels(fields)].map((pair) => [pair.name, pair]),
      ).values(),
    ];
    if (record !== "" && alert !== "") {
      this.#yaml.refuse(
        fields.keyPlace("alert"),
        `a rule has one of "record" and "alert", not both`,
      );
      return [];
    }
    if (record === "" && alert === "") {
      this.#yaml.refuse(fields.place, `a rule needs one of "record" and "alert"`);
      return [];
    }
    const rule = record === "" ? this.#alerting(fields, labels) : this.#recording(fields, labels);
    if (expr === undefined) return [];
    const whole = { ...rule, expr };
    const scalar = this.#yaml.scalar(fields.get("expr"), "expr");
    this.places.set(whole, {
      place: fields.place,
      ofExpression: (within) =>
        scalar === undefined ? fields.place : placeInFile(this.#yaml.file, scalar, within),
    });
    return [{ rule: whole, place: fields.place }];
  }

  #recording(fields: YamlFields, labels: readonly WrittenPair[]): Omit<RecordingRule, "expr"> {
    const name = this.#yaml.text(fields.get("record"), "record") ?? "";
    if (name.includes("{") || name.includes("}")) {
      const wrong = `a metric name has no braces, got "${name}"; labels go into "labels", a query into "expr"`;
      this.#yaml.refuse(fields.get("record")?.place ?? fields.place, wrong);
    }
    for (const key of ["for", "keep_firing_for"]) {
      const ms = this.#yaml.durationMs(fields.get(key), key) ?? 0;
      if (ms !== 0)
        this.#yaml.refuse(
          fields.keyPlace(key),
          `"${key}" is for alerts; a recording rule has none`,
        );
    }
    if (this.#yaml.texts(fields.get("annotations"), "annotations").length > 0) {
      const wrong = `"annotations" is for alerts; a recording rule has none`;
      this.#yaml.refuse(fields.keyPlace("annotations"), wrong);
    }
    return { kind: "record", name, labels: labels.map(({ name: label, text }) => [label, text]) };
  }

  #alerting(fields: YamlFields, labels: readonly WrittenPair[]): Omit<AlertingRule, "expr"> {
    const name = this.#yaml.text(fields.get("alert"), "alert") ?? "";
    const annotations = this.#pairs(fields, "annotations");
    for (const { name: written, place } of annotations) {
      if (written === "") this.#yaml.refuse(place, "an annotation needs a name");
    }
    const labelTemplates = this.#templates(labels, "label", name);
    const annotationTemplates = this.#templates(annotations, "annotation", name);
    return {
      kind: "alert",
      name,
      forMs: this.#yaml.durationMs(fields.get("for"), "for") ?? 0,
      keepFiringForMs: this.#yaml.durationMs(fields.get("keep_firing_for"), "keep_firing_for") ?? 0,
      labels: labels.map(({ name: label, text }) => [label, text]),
      annotations: annotations.map(({ name: annotation, text }) => [annotation, text]),
      labelTemplates,
      annotationTemplates,
      textReachMs: textReachMs([...labelTemplates, ...annotationTemplates], this.#options),
    };
  }

  #expression(fields: YamlFields): Expression | undefined {
    const scalar = this.#yaml.scalar(fields.get("expr"), "expr");
    if (scalar === undefined || scalar.text === "") {
      if (scalar !== undefined || fields.get("expr") === undefined) {
        this.#yaml.refuse(fields.keyPlace("expr"), `a rule needs an expression in "expr"`);
      }
      return undefined;
    }
    try {
      return parseExpression(scalar.text, this.#options);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const place = placeInFile(this.#yaml.file, scalar, error.place);
      // Its own line and column count from the start of the expression.
      const what = error.message.replace(/^\d+:\d+: /, "");
      this.#yaml.refuse(place, what, "promql");
      return undefined;
    }
  }

  #labels(fields: YamlFields): readonly WrittenPair[] {
    const pairs = this.#pairs(fields, "labels");
    for (const { name, place } of pairs) {
      if (name !== "" && name !== METRIC_NAME) continue;
      const wrong = `"${name}" cannot be set as a label; a metric is named by "record"`;
      this.#yaml.refuse(place, wrong);
    }
    return pairs;
  }

  #pairs(fields: YamlFields, key: string): readonly WrittenPair[] {
    return this.#yaml.texts(fields.get(key), key).map(({ key: name, keyPlace, value }) => {
      const text = value.value === null ? "" : value.text;
      return { name, text, place: keyPlace, scalar: value };
    });
  }

  /** Parsed at load, so that a broken template is refused before it could fail in an incident. */
  #templates(pairs: readonly WrittenPair[], what: string, alert: string): NamedTemplates {
    return pairs.flatMap(({ name, text, scalar }) => {
      try {
        return [[name, parseTemplate(text, alert)] as const];
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        const place = placeInFile(this.#yaml.file, scalar, error.place);
        this.#yaml.refuse(place, `${what} "${name}": ${error.message}`, "template");
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
        this.#yaml.warn(place, `${what}; its series and alerts would mix`);
      }
      seen.add(key);
    }
  }
}
