import assert from "node:assert/strict";
import test from "node:test";
import { Engine } from "@naruko/core/engine/engine";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import type { Limits } from "@naruko/core/model/limits";
import { epochMs } from "@naruko/core/model/time";
import { parseYaml } from "../config/parse-yaml.ts";
import { applyWhole } from "../drive/recover.ts";

/** What one tick of one rule counts under some limits. */
function counted(rule: string, limits: Partial<Limits>): Record<string, number> {
  const engine = new Engine({
    intervalMs: 15_000,
    limits: { ...DEFAULT_LIMITS, ...limits },
    parseYaml: (name, text) => parseYaml(name, text, "rule-file"),
  });
  const text = `groups: [{ name: g, rules: [{ alert: A, ${rule} }] }]`;
  const routing = {
    name: "routing.yml",
    text: "route: { receiver: r, group_wait: 0s }\nreceivers: [{ name: r }]",
  };
  const setup = { ...engine.setup, routing, ruleFiles: [{ name: "r.yml", text }] };
  engine.apply({ seq: 1, at: epochMs(1), kind: "reload", setup });
  applyWhole(engine, { seq: 2, at: epochMs(15_000), kind: "tick" });
  return Object.fromEntries([...engine.counters()].filter(([name]) => name.startsWith("limit_")));
}

const TWO = `'label_replace(vector(1), "a", "x", "", "") or vector(1)'`;
const RULES: readonly (readonly [keyof Limits, number, string])[] = [
  ["alertsPerRule", 2, `expr: ${TWO}`],
  ["templateLength", 4, `expr: vector(1), annotations: { x: '{{ "1234" }}' }`],
  ["alertsPerNotification", 2, `expr: ${TWO}`],
];
for (const [limit, enough, rule] of RULES) {
  test(`${limit} is counted when it is reached, and not before`, () => {
    assert.deepEqual(counted(rule, { [limit]: enough }), {});
    assert.deepEqual(counted(rule, { [limit]: enough - 1 }), { [`limit_${limit}`]: 1 });
  });
}

test("a rule's samples and a template's steps are counted under their limits", () => {
  const steps = `expr: vector(1), annotations: { x: '{{ range $k, $v := $labels }}{{ end }}1{{ 1 }}{{ 2 }}' }`;
  assert.deepEqual(counted(steps, { templateSteps: 1 }), { limit_templateSteps: 1 });
  const samples = "expr: 'max_over_time(vector(1)[1m:1s]) > 0'";
  assert.deepEqual(counted(samples, { ruleSamples: 10 }), { limit_ruleSamples: 1 });
});
