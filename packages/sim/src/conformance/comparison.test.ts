// Runs what `npm run conformance` runs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { compare, missingFolders } from "./compare.ts";
import { comparisonPage } from "./comparison-page.ts";
import { INSTRUMENTATIONS } from "./instrumentations.ts";

const missing = missingFolders();
const skip =
  missing.length > 0 && process.env["NARUKO_REQUIRE_PEERS"] !== "1"
    ? `npm test installs their packages: ${missing.join(", ")}`
    : false;

test("ours tells every case as it was, and the page says how the others do", { skip }, async () => {
  const compared = await compare();
  const [ours] = compared;
  const differs = [...(ours?.differences ?? [])].filter(([, { length }]) => length > 0);
  assert.equal(ours?.name, INSTRUMENTATIONS[0]?.name);
  assert.equal(ours?.differences.size, 120);
  assert.deepEqual(differs, []);
  const page = readFileSync(new URL("../../../../docs/conformance.md", import.meta.url), "utf8");
  const found = await comparisonPage(compared);
  assert.deepEqual(cellsOf(found), cellsOf(page), "npm run conformance");
  assert.equal(found, page, "npm run conformance");
});

/** Without what pads the cells of tables: one of another width changes all of its column. */
function cellsOf(page: string): readonly string[] {
  return page.split("\n").map((line) => line.replaceAll(/ {2,}|-{3,}/g, " "));
}
