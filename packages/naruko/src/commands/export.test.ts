import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { shippedRuleFiles } from "../config/setup.ts";
import { hasPrometheus } from "../testing/prometheus-peer.ts";
import { runNaruko } from "../testing/run-naruko.ts";

const folder = mkdtempSync(path.join(tmpdir(), "naruko-export-"));
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});
const at = (...parts: readonly string[]): string => path.join(folder, ...parts);

test("the shipped rules, word for word, and a configuration that promtool accepts", async (t) => {
  const { code, printed, told } = await runNaruko(
    "export",
    "prometheus",
    "--out",
    at("prometheus"),
  );
  assert.deepEqual([code, told], [0, ""]);
  assert.match(printed, /wrote .*article\.yml\n/);
  for (const file of shippedRuleFiles()) {
    const copy = at("prometheus", "rules", path.basename(file));
    assert.equal(readFileSync(copy, "utf8"), readFileSync(file, "utf8"));
  }
  const again = await runNaruko("export", "prometheus", "--out", at("prometheus"));
  assert.doesNotMatch(again.printed, /wrote/);
  if (!hasPrometheus(t)) return;
  const checked = spawnSync("promtool", ["check", "config", at("prometheus", "prometheus.yml")]);
  assert.equal(checked.status, 0, String(checked.stderr));
  const count = shippedRuleFiles().length;
  assert.ok(String(checked.stdout).includes(`${count} rule files found`), String(checked.stdout));
});

test("a configuration's own rules, address and token", async (t) => {
  const expr = "rate(gen_ai_client_inference_duration_count[5m]) > 1";
  const rules = `groups: [{ name: g, rules: [{ alert: Slow, expr: "${expr}" }] }]`;
  writeFileSync(at("own.yml"), rules);
  writeFileSync(
    at("naruko.yml"),
    "rules: [own.yml]\nlisten: { external_url: https://naruko.example }\nauth: { admin_token: 0123456789abcdef0123 }\n",
  );
  const ran = await runNaruko(
    "export",
    "prometheus",
    "--out",
    at("own"),
    "--config",
    at("naruko.yml"),
  );
  assert.equal(ran.code, 0, ran.told);
  assert.match(ran.told, /warning: Slow: .*gen_ai_client_operation_duration_seconds_count/);
  const text = readFileSync(at("own", "prometheus.yml"), "utf8");
  assert.match(
    text,
    /scheme: https\n[^]*credentials_file: naruko-admin-token\n[^]*- naruko\.example\n/,
  );
  assert.doesNotMatch(text, /0123456789abcdef/);
  assert.deepEqual(readdirSync(at("own", "rules")), ["own.yml"]);
  if (!hasPrometheus(t)) return;
  writeFileSync(at("own", "naruko-admin-token"), "t");
  const checked = spawnSync("promtool", ["check", "config", at("own", "prometheus.yml")]);
  assert.equal(checked.status, 0, String(checked.stderr));
});

test("rule files of one name do not overwrite each other", async () => {
  const rules = `groups: [{ name: g, rules: [{ record: r, expr: x }] }]`;
  for (const one of ["a", "b"]) {
    mkdirSync(at("twice", one), { recursive: true });
    writeFileSync(at("twice", one, "rules.yml"), rules);
  }
  writeFileSync(at("twice", "naruko.yml"), "rules: [a/rules.yml, b/rules.yml]\n");
  const args = ["--out", at("twice-out"), "--config", at("twice", "naruko.yml")];
  const { code, told } = await runNaruko("export", "prometheus", ...args);
  assert.equal(code, 1);
  assert.match(told, /two rule files are called rules\.yml/);
  assert.ok(!existsSync(at("twice-out")));
});

test("dashboards, and what sets Grafana up with them", async () => {
  const args = ["--out", at("grafana"), "--url", "http://10.0.0.1:4320/"];
  const { code, printed } = await runNaruko("export", "grafana", ...args);
  assert.equal(code, 0);
  assert.equal(printed.trimEnd().split("\n").length, 4);
  const dashboard = JSON.parse(
    readFileSync(at("grafana", "dashboards", "overview.json"), "utf8"),
  ) as {
    uid: string;
  };
  assert.equal(dashboard.uid, "naruko-overview");
  const source = readFileSync(at("grafana", "provisioning", "datasources", "naruko.yml"), "utf8");
  assert.match(source, /url: http:\/\/10\.0\.0\.1:4320\n/);
});

const refused: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /expected what to export for: prometheus or grafana/],
  [["promethius", "--out", "x"], /expected what to export for/],
  [["prometheus", "grafana", "--out", "x"], /expected what to export for/],
  [["prometheus"], /--out DIR is needed/],
  [["grafana", "--out", "x", "--url", "nowhere"], /--url: expected http:/],
  [["alertmanager", "--out", "x"], /comes later/],
];
for (const [args, why] of refused) {
  test(`export ${args.join(" ")}: misuse`, async () => {
    const { code, told } = await runNaruko("export", ...args);
    assert.equal(code, 2);
    assert.match(told, why);
  });
}

test("a folder that cannot be written to is told", async () => {
  writeFileSync(at("a-file"), "");
  const { code, told } = await runNaruko("export", "grafana", "--out", at("a-file"));
  assert.equal(code, 1);
  assert.match(told, /^naruko: \S+a-file\/\S+: cannot be written: E[A-Z]+/);
});
