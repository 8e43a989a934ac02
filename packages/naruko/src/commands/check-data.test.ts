import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { main } from "../main.ts";
import { runNaruko } from "../testing/run-naruko.ts";
import { systemWorld } from "./system-world.ts";

const RULES = `groups:
  - name: g
    rules:
      - { alert: A, expr: "queue_depht > 5" }
      - { alert: B, expr: "queue_depth{qeue='mail'} > 5" }
      - { alert: C, expr: "queue_depth{queue='mail'} > 5" }
      - { alert: D, expr: "rate(llm_errors_total[5m]) > 5" }
      - { alert: E, expr: "rate(queue_depth[5m]) > 5" }
`;

/** One point of a gauge, as OTLP/JSON. */
function gauge(atMs: number): string {
  const point = {
    asDouble: 3,
    timeUnixNano: `${atMs}000000`,
    attributes: [{ key: "queue", value: { stringValue: "mail" } }],
  };
  const metric = { name: "queue.depth", gauge: { dataPoints: [point] } };
  return JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });
}

test("rules are held against what a server has, and what its directory keeps", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-check-data-"));
  let stop: () => void = () => undefined;
  t.after(() => {
    stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const rules = path.join(folder, "rules.yml");
  writeFileSync(rules, RULES);
  let greeted: (text: string) => void = () => undefined;
  const greeting = new Promise<string>((resolve) => (greeted = resolve));
  const data = path.join(folder, "data");
  const serving = main(
    ["serve", "--data", data, "--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"],
    {
      ...systemWorld(),
      environment: {},
      print: greeted,
      onSignal: (run) => {
        stop = () => {
          run("stop");
        };
        return () => undefined;
      },
    },
  );
  const text = await greeting;
  const otlp = /send OTLP to (\S+)/.exec(text)?.[1] ?? "";
  const sent = await fetch(`${otlp}/v1/metrics`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: gauge(systemWorld().clock.wallMs()),
  });
  assert.equal(sent.status, 200, text);
  const expected = [
    `${rules}:4:28: warning: A: no data has had a metric "queue_depht"; did you mean "queue_depth"?`,
    `${rules}:5:28: warning: B: "queue_depth" has no label "qeue", so that nothing matches; did you mean "queue"?`,
    `${rules}:8:28: warning: E: rate() of "queue_depth", which is a gauge: every fall counts as a restart from zero; take delta() or deriv(), or an aggregation over time such as "avg_over_time"`,
    `${rules}: rules, 5 rules: ok`,
    "files 1, errors 0, warnings 3",
  ];
  const held = await runNaruko("check", "--data", data, rules);
  assert.deepEqual(held.printed.trimEnd().split("\n"), expected);
  stop();
  assert.equal(await serving, 0);
  const alone = await runNaruko("check", "--data", data, rules);
  assert.deepEqual(alone.printed.trimEnd().split("\n"), expected);
  assert.equal(alone.code, 0);
});

const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
  [["--url", "http://127.0.0.1:1"], 1, /does not tell which metrics it has/],
  [["--data", "/no/such/folder"], 1, /is no data directory/],
  [["--url", "http://x", "--data", "d"], 2, /give one of them/],
];
for (const [args, code, told] of refused) {
  test(`check ${args.join(" ")}`, async () => {
    const run = await runNaruko("check", ...args);
    assert.equal(run.code, code);
    assert.match(run.told, told);
  });
}
