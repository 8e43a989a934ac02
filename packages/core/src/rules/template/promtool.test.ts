// Our expansion of templates beside that of Prometheus itself: promtool's rule tests print what
// each text came to. Debian's promtool is 2.42, built with Go 1.19.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { labels } from "../../model/labels.ts";
import { DEFAULT_LIMITS } from "../../model/limits.ts";
import { fixedReader } from "../../promql/fixed-reader.ts";
import { unquote } from "../../model/go-string.ts";
import { epochMs } from "../../model/time.ts";
import { templateContext } from "../template-query.ts";
import { REFUSED_TEMPLATES, TEMPLATE_CASES, TEMPLATE_VALUES } from "./template-cases.ts";
import { expandTemplate, parseTemplate } from "./template.ts";
import { stringMap } from "./value.ts";

const found = spawnSync("promtool", ["--version"]).status === 0;
const required = process.env["NARUKO_REQUIRE_PEERS"] === "1";
const skip = found || required ? false : "promtool is not installed";

const LABELS = { instance: "web-1.example.org:9090", job: "api <b>", model: "gpt-4o" };
const UP = [
  ["a", 1],
  ["b", 0],
  ["c", 1.5],
] as const;

function inFolder<Result>(run: (folder: string) => Result): Result {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-promtool-"));
  try {
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What Prometheus makes of each text. YAML reads JSON, so both files are written as JSON. */
function expandedByPrometheus(texts: readonly string[], value: string): string[] {
  return inFolder((folder) => {
    const annotations = Object.fromEntries(texts.map((text, i) => [`a${1000 + i}`, text]));
    const rules = { groups: [{ name: "g", rules: [{ alert: "A", expr: "m", annotations }] }] };
    const series = Object.entries(LABELS).map(([name, of]) => `${name}=${JSON.stringify(of)}`);
    const inputs = [
      { series: `m{${series.join(",")}}`, values: value },
      ...UP.map(([job, up]) => ({ series: `up{job="${job}"}`, values: String(up) })),
    ];
    const tests = {
      rule_files: ["rules.json"],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: inputs,
          alert_rule_test: [{ eval_time: "0m", alertname: "A", exp_alerts: [] }],
        },
      ],
    };
    writeFileSync(path.join(folder, "rules.json"), JSON.stringify(rules));
    writeFileSync(path.join(folder, "tests.json"), JSON.stringify(tests));
    const options = { cwd: folder, encoding: "utf8" } as const;
    const { stdout, stderr } = spawnSync("promtool", ["test", "rules", "tests.json"], options);
    const shown = new Map<string, string>();
    for (const [, name = "", quoted = ""] of (stdout + stderr).matchAll(
      /(a\d{4})=("(?:[^"\\]|\\.)*")/g,
    )) {
      const text = unquote(quoted);
      // Since 3.0 a value may also be a histogram, which shows in the name of the type.
      const data = typeof text === "string" ? text : quoted;
      shown.set(name, data.replaceAll("Value float64 }", "Value interface {} }"));
    }
    // An annotation that came to nothing is not printed.
    assert.ok(shown.size > texts.length / 2, `promtool printed the texts: ${stdout}${stderr}`);
    return texts.map((_, i) => shown.get(`a${1000 + i}`) ?? "");
  });
}

const reader = fixedReader(
  UP.map(([job, up]) => ({
    labels: labels({ __name__: "up", job }),
    fromMs: 0,
    stepMs: 60_000,
    values: [up],
  })),
);

function expandedByUs(text: string, value: string): string {
  const number = value === "-Inf" ? -Infinity : Number(value);
  const context = templateContext(epochMs(0), {
    reader: () => reader,
    append: () => assert.fail("expansion writes nothing"),
    limits: DEFAULT_LIMITS,
    externalUrl: "",
  });
  const all = { __name__: "m", ...LABELS };
  const data = {
    labels: stringMap(Object.entries(all)),
    externalLabels: stringMap([]),
    value: number,
  };
  return expandTemplate(parseTemplate(text, "A"), data, context, DEFAULT_LIMITS);
}

/** Each outcome behind its text, so that a difference says where it comes from. */
function labelled(outcomes: readonly string[]): string[] {
  return TEMPLATE_CASES.map((text, i) => `${text} => ${outcomes[i] ?? ""}`);
}

for (const value of TEMPLATE_VALUES) {
  test(`texts come out as from Prometheus, value ${value}`, { skip }, () => {
    const theirs = expandedByPrometheus(TEMPLATE_CASES, value);
    const ours = TEMPLATE_CASES.map((text) => expandedByUs(text, value));
    assert.deepEqual(labelled(ours), labelled(theirs));
  });
}

// Ties, carries, the ends of the range, and where forms change.
const NUMBERS =
  "0.5 1.5 2.5 0.125 0.375 1e-7 0.00001 0.0001 0.00012345 0.999999 9.9995 99995.0 999999.0 " +
  "999999.5 1000000.0 123456.789 1e15 1e16 1e20 1e21 1e22 1.7976931348623157e308 5e-324 " +
  "2.2250738585072014e-308 0.1 0.2 0.30000000000000004 100.0 59.9999 60.0 3599.999 3600.0 86399.9 " +
  "86400.0 999.95 1023.9 1024.0 1048576.0 -0.0 -1.5 -1e-9 -1234567.891";

test("numbers are written as Go writes them", { skip }, () => {
  const texts = NUMBERS.split(" ").map(
    (n) =>
      `{{ ${n} }} {{ printf "%g %.3g %.4g %.10g %e %.2e %f %.0f %.1f %.3f %x" ${`${n} `.repeat(11)}}} ` +
      `{{ humanize ${n} }} {{ humanize1024 ${n} }} {{ humanizePercentage ${n} }} ` +
      // Beyond an int64 of seconds Prometheus shows a negative duration.
      (Number(n) < 1e18 ? `{{ humanizeDuration ${n} }}` : ""),
  );
  const theirs = expandedByPrometheus(texts, "1");
  assert.deepEqual(
    texts.map((text) => expandedByUs(text, "1")),
    theirs,
  );
});

test("what we refuse at load, Prometheus refuses", { skip }, () => {
  inFolder((folder) => {
    for (const [text] of REFUSED_TEMPLATES) {
      const rule = { alert: "A", expr: "m", annotations: { a: text } };
      const file = path.join(folder, "rules.json");
      writeFileSync(file, JSON.stringify({ groups: [{ name: "g", rules: [rule] }] }));
      const { status } = spawnSync("promtool", ["check", "rules", file]);
      assert.notEqual(status, 0, `promtool refuses ${text}`);
    }
  });
});
