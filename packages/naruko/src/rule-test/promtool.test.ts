// The same files of rule tests, given to Prometheus' promtool and to us, must come to the same.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "node:test";
import { runNaruko } from "../testing/run-naruko.ts";

const FOLDER = fileURLToPath(new URL("fixtures/", import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".yml"));

/** What Debian's promtool 2.42 does not know yet. */
const NEWER: ReadonlySet<string> = new Set([
  "pass-fuzzy.yml",
  "pass-histograms.yml",
  "pass-start.yml",
  "pass-default-interval.yml",
]);

const found = spawnSync("promtool", ["--version"]).status === 0;
const required = process.env["NARUKO_REQUIRE_PEERS"] === "1";
const skip = found || required ? false : "promtool is not installed";

for (const name of FILES) {
  const wanted = name.startsWith("pass-") ? 0 : 1;

  test(`${name} ends as its name says`, async () => {
    const { code, printed } = await runNaruko("test", FOLDER + name);
    assert.equal(code, wanted, printed);
  });

  if (NEWER.has(name)) continue;
  test(`${name} ends so in promtool`, { skip }, () => {
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", FOLDER + name], {
      encoding: "utf8",
    });
    assert.equal(status, wanted, stdout + stderr);
  });
}
