import { InputError, lineAndColumn } from "@naruko/core/model/input-error";
import type { Place } from "@naruko/core/model/input-error";
import { type Labels, labelsFrom, NO_LABELS } from "@naruko/core/model/labels";
import { MINUTE_MS } from "@naruko/core/model/time";
import type { YamlFile, YamlNode, YamlScalar } from "@naruko/core/model/yaml";
import { type YamlFields, YamlReader } from "@naruko/core/model/yaml-reader";
import {
  parseSeriesLine,
  parseSeriesName,
  type WrittenHistogram,
} from "@naruko/core/promql/test-language/series-line";
import { placeInFile } from "@naruko/core/rules/yaml-text-place";
import { parseYaml } from "../config/parse-yaml.ts";
import type {
  AlertCheck,
  ExpectedAlert,
  ExpectedSample,
  ExprCheck,
  InputSeries,
  NamedPattern,
  Pair,
  Position,
  RuleTest,
  RuleTestFile,
} from "./rule-test.ts";
import { parseStartTime } from "./start-time.ts";

const FILE_FIELDS = [
  "rule_files",
  "evaluation_interval",
  "group_eval_order",
  "tests",
  "fuzzy_compare",
];
const TEST_FIELDS = [
  "name",
  "interval",
  "input_series",
  "alert_rule_test",
  "promql_expr_test",
  "external_labels",
  "external_url",
  "start_timestamp",
];
const SERIES_FIELDS = ["series", "values"];
const ALERT_FIELDS = ["eval_time", "alertname", "exp_alerts"];
const EXPECTED_ALERT_FIELDS = ["exp_labels", "exp_annotations"];
const EXPR_FIELDS = ["expr", "eval_time", "exp_samples"];
const SAMPLE_FIELDS = ["labels", "value", "histogram"];

const DEFAULT_INTERVAL_MS = MINUTE_MS;
/** Faults that one file shows; more of them say nothing more. */
const FAULTS_MAX = 20;

/**
 * Reads a file of rule tests as `promtool test rules` does (prometheus/prometheus,
 * docs/configuration/unit_testing_rules.md).
 *
 * @throws InputError of kind `rule-test` with every fault, as `file:line:column: …`, a line each
 */
export function parseRuleTestFile(name: string, text: string): RuleTestFile {
  const file = parseYaml(name, text, "rule-test");
  const yaml = new YamlReader(file, "rule-test");
  const read = new RuleTestReader(yaml).file(file.root);
  if (read !== undefined && yaml.errors.length === 0) {
    return { ...read, warnings: yaml.warnings.map(({ message }) => message) };
  }
  const faults = yaml.errors.slice(0, FAULTS_MAX).map(({ message }) => message);
  throw new InputError("rule-test", faults.join("\n"), yaml.errors[0]?.place);
}

class RuleTestReader {
  readonly #yaml: YamlReader;
  readonly #file: YamlFile;

  constructor(yaml: YamlReader) {
    this.#yaml = yaml;
    this.#file = yaml.file;
  }

  file(root: YamlNode | undefined): Omit<RuleTestFile, "warnings"> | undefined {
    if (root === undefined) {
      return this.#yaml.refuse({ from: 0, to: 0 }, "an empty file tests nothing; expected tests");
    }
    const fields = this.#yaml.fields(root, "a file of rule tests", FILE_FIELDS);
    if (fields === undefined) return undefined;
    const intervalMs = this.#duration(fields, "evaluation_interval") || DEFAULT_INTERVAL_MS;
    return {
      name: this.#file.name,
      ruleFiles: this.#yaml
        .textList(fields.get("rule_files"), "rule_files")
        .map((scalar): NamedPattern => {
          return { pattern: scalar.text, position: this.#position(scalar.place) };
        }),
      intervalMs,
      groupOrder: this.#groupOrder(fields.get("group_eval_order")),
      fuzzyCompare: this.#yaml.flag(fields.get("fuzzy_compare"), "fuzzy_compare") ?? false,
      tests: this.#yaml
        .list(fields.get("tests"), "tests")
        .flatMap((node, index) => this.#test(node, index, intervalMs)),
    };
  }

  #groupOrder(node: YamlNode | undefined): string[] {
    const names = new Set<string>();
    for (const { text, place } of this.#yaml.textList(node, "group_eval_order")) {
      if (names.has(text)) this.#yaml.refuse(place, `group "${text}" is named twice`);
      names.add(text);
    }
    return [...names];
  }

  #test(node: YamlNode, index: number, intervalMs: number): RuleTest[] {
    const fields = this.#yaml.fields(node, "a test", TEST_FIELDS);
    if (fields === undefined) return [];
    const test: RuleTest = {
      name: this.#yaml.text(fields.get("name"), "name") ?? `test ${index + 1}`,
      position: this.#position(fields.place),
      startAt: this.#startAt(fields.get("start_timestamp")),
      stepMs: this.#duration(fields, "interval") || intervalMs,
      inputs: this.#inputs(fields.get("input_series")),
      externalLabels: labelsFrom(this.#pairs(fields, "external_labels")),
      externalUrl: this.#yaml.text(fields.get("external_url"), "external_url") ?? "",
      alertChecks: this.#yaml
        .list(fields.get("alert_rule_test"), "alert_rule_test")
        .flatMap((check) => this.#alertCheck(check)),
      exprChecks: this.#yaml
        .list(fields.get("promql_expr_test"), "promql_expr_test")
        .flatMap((check) => this.#exprCheck(check)),
    };
    return [test];
  }

  #startAt(node: YamlNode | undefined): number {
    const scalar = this.#yaml.scalar(node, "start_timestamp");
    if (scalar === undefined) return 0;
    const at = parseStartTime(scalar.text);
    if (at !== undefined) return at;
    const wanted = "a time such as 2026-01-05T00:00:00Z, or seconds since 1970";
    this.#yaml.refuse(scalar.place, `start_timestamp must be ${wanted}`);
    return 0;
  }

  #inputs(node: YamlNode | undefined): InputSeries[] {
    const byKey = new Map<string, InputSeries>();
    for (const item of this.#yaml.list(node, "input_series")) {
      const fields = this.#yaml.fields(item, "an input series", SERIES_FIELDS);
      if (fields === undefined) continue;
      const labels = this.#metric(fields, "series");
      const values = this.#values(fields);
      if (labels === undefined || values === undefined) continue;
      if (byKey.has(labels.key)) {
        const what = "an input series with the same labels stands before; only this one counts";
        this.#yaml.warn(fields.keyPlace("series"), what);
      }
      byKey.set(labels.key, { labels, values });
    }
    return [...byKey.values()];
  }

  #metric(fields: YamlFields, key: string): Labels | undefined {
    const scalar = this.#yaml.scalar(fields.get(key), key);
    if (scalar === undefined || scalar.text.trim() === "") {
      return this.#yaml.refuse(fields.keyPlace(key), `expected ${key}, such as up{job="api"}`);
    }
    return this.#parsed(scalar, 0, () => {
      const { labels, end } = parseSeriesName(scalar.text);
      const rest = scalar.text.slice(end);
      if (rest.trim() === "") return labels;
      const place = { from: end, to: scalar.text.length };
      throw new InputError("promql", `expected the end of the labels, got "${rest}"`, place);
    });
  }

  #values(fields: YamlFields): InputSeries["values"] | undefined {
    const scalar = this.#yaml.scalar(fields.get("values"), "values");
    if (scalar === undefined) return [];
    return this.#parsed(scalar, NAMELESS.length, (text) => parseSeriesLine(NAMELESS + text).values);
  }

  #alertCheck(node: YamlNode): AlertCheck[] {
    const fields = this.#yaml.fields(node, "an alert test", ALERT_FIELDS);
    if (fields === undefined) return [];
    const alertName = this.#yaml.text(fields.get("alertname"), "alertname");
    if (alertName === undefined) {
      this.#yaml.refuse(fields.keyPlace("alertname"), "an alert test needs its alertname");
      return [];
    }
    const expected = this.#yaml
      .list(fields.get("exp_alerts"), "exp_alerts")
      .flatMap((alert) => this.#expectedAlert(alert));
    const atMs = this.#duration(fields, "eval_time");
    return [{ position: this.#position(fields.place), atMs, alertName, expected }];
  }

  #expectedAlert(node: YamlNode): ExpectedAlert[] {
    // An entry without anything in it is an alert without further labels.
    if (node.kind === "scalar" && node.value === null) return [{ labels: [], annotations: [] }];
    const fields = this.#yaml.fields(node, "an expected alert", EXPECTED_ALERT_FIELDS);
    if (fields === undefined) return [];
    const labels = this.#pairs(fields, "exp_labels");
    return [{ labels, annotations: this.#pairs(fields, "exp_annotations") }];
  }

  #exprCheck(node: YamlNode): ExprCheck[] {
    const fields = this.#yaml.fields(node, "a test of an expression", EXPR_FIELDS);
    if (fields === undefined) return [];
    const expr = this.#yaml.scalar(fields.get("expr"), "expr");
    if (expr === undefined || expr.text === "") {
      this.#yaml.refuse(fields.keyPlace("expr"), 'a test of an expression needs its "expr"');
      return [];
    }
    const expected = this.#yaml
      .list(fields.get("exp_samples"), "exp_samples")
      .flatMap((sample) => this.#expectedSample(sample));
    const atMs = this.#duration(fields, "eval_time");
    const exprPosition = (within: Place | undefined): Position =>
      this.#position(placeInFile(this.#file, expr, within));
    const position = this.#position(fields.place);
    return [{ position, atMs, expr: expr.text, exprPosition, expected }];
  }

  #expectedSample(node: YamlNode): ExpectedSample[] {
    const fields = this.#yaml.fields(node, "an expected sample", SAMPLE_FIELDS);
    if (fields === undefined) return [];
    const labels = (fields.get("labels") && this.#metric(fields, "labels")) ?? NO_LABELS;
    const histogram = this.#yaml.scalar(fields.get("histogram"), "histogram");
    if (histogram !== undefined && histogram.text !== "") {
      const value = this.#parsed(histogram, NAMELESS.length, readHistogram);
      return value === undefined ? [] : [{ labels, value }];
    }
    return [{ labels, value: this.#number(fields, "value") }];
  }

  #number(fields: YamlFields, key: string): number {
    const scalar = this.#yaml.scalar(fields.get(key), key);
    if (scalar === undefined) return 0;
    if (typeof scalar.value === "number") return scalar.value;
    const wrong = `${key} must be a number; not a number is written .nan, infinity .inf`;
    this.#yaml.refuse(scalar.place, wrong);
    return NaN;
  }

  /** Absent is 0, as in promtool. */
  #duration(fields: YamlFields, key: string): number {
    return this.#yaml.durationMs(fields.get(key), key) ?? 0;
  }

  #pairs(fields: YamlFields, key: string): Pair[] {
    return this.#yaml.texts(fields.get(key), key).map(({ key: name, value }) => {
      return [name, value.value === null ? "" : value.text];
    });
  }

  /**
   * Runs a parser of the core on a text of the file, and shows its fault at its place there.
   *
   * @param before characters that the parser sees before the text
   */
  #parsed<T>(scalar: YamlScalar, before: number, parser: (text: string) => T): T | undefined {
    try {
      return parser(scalar.text);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { from, to } = error.place ?? { from: before, to: before + scalar.text.length };
      const within = { from: Math.max(0, from - before), to: Math.max(0, to - before) };
      // The parser counts line and column from where it began to read.
      const what = error.message.replace(/^\d+:\d+: /, "");
      return this.#yaml.refuse(placeInFile(this.#file, scalar, within), what);
    }
  }

  #position(place: Place): Position {
    return lineAndColumn(this.#file.text, place.from);
  }
}

/** What stands before values whose labels are elsewhere. */
const NAMELESS = "{} ";

function readHistogram(text: string): WrittenHistogram {
  const [value, ...more] = parseSeriesLine(NAMELESS + text).values;
  if (typeof value === "object" && more.length === 0) return value;
  throw new InputError("promql", "expected one histogram, such as {{schema:0 count:1 sum:2}}");
}
