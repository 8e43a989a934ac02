// Features of naruko.yml, where expressions are read: rules, queries over the API and of a
// directory, checks.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { main } from "../main.ts";
import { runNaruko } from "../testing/run-naruko.ts";
import { systemWorld } from "./system-world.ts";

const folder = mkdtempSync(path.join(tmpdir(), "naruko-features-"));
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});
const file = (name: string): string => path.join(folder, name);

const RULES = "groups: [{ name: g, rules: [{ record: r, expr: 'limitk(1, up)' }] }]\n";
writeFileSync(file("rules.yml"), RULES);
writeFileSync(file("on.yml"), "features: [promql-experimental-functions]\nrules: [rules.yml]\n");
writeFileSync(file("off.yml"), "rules: [rules.yml]\n");
writeFileSync(file("unknown.yml"), "features: [promql-magic]\n");

const checked: readonly (readonly [readonly string[], number, RegExp])[] = [
  [["on.yml"], 0, /rules\.yml: rules, 1 rules: ok/],
  [["off.yml"], 1, /"limitk" is experimental and not enabled; "features: \[promql-experimental/],
  [["rules.yml"], 1, /rules\.yml:1:\d+: "limitk" is experimental/],
  [["--enable-feature=promql-experimental-functions", "rules.yml"], 0, /1 rules: ok/],
  [["--enable-feature=promql-duration-expr", "rules.yml"], 1, /"limitk" is experimental/],
  [["--enable-feature=promql-magic", "rules.yml"], 2, /unknown "promql-magic"; there are promql-/],
  [["unknown.yml"], 1, /unknown\.yml:1:12: features\.0: expected one of promql-experimental/],
];
for (const [args, code, text] of checked) {
  test(`check ${args.join(" ")}`, async () => {
    const named = args.map((arg) => (arg.startsWith("--") ? arg : file(arg)));
    const run = await runNaruko("check", ...named);
    assert.equal(run.code, code, run.printed + run.told);
    assert.match(run.printed + run.told, text);
  });
}

test("rules and queries use what the configuration turns on", async () => {
  let stop: () => void = () => undefined;
  let greeted: () => void = () => undefined;
  const greeting = new Promise<void>((resolve) => (greeted = resolve));
  const data = file("data");
  const ports = ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"];
  const serving = main(["serve", "--config", file("on.yml"), "--data", data, ...ports], {
    ...systemWorld(),
    environment: {},
    print: () => {
      greeted();
    },
    onSignal: (run) => {
      stop = () => {
        run("stop");
      };
      return () => undefined;
    },
  });
  await Promise.race([greeting, serving]);
  const ask = (expr: string): ReturnType<typeof runNaruko> =>
    runNaruko("query", expr, "--data", data);
  assert.equal((await ask("max_of(1, 2)")).printed, "2\n");
  assert.match((await ask("up[5m * 2]")).told, /"features: \[promql-duration-expr\]"/);
  stop();
  assert.equal(await serving, 0);
  assert.equal((await ask("max_of(1, 2)")).printed, "2\n");
  assert.match((await ask("up[5m * 2]")).told, /"features: \[promql-duration-expr\]"/);
});
