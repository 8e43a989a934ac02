import assert from "node:assert/strict";
import test from "node:test";
import { benchOverhead } from "./overhead.ts";
import { overheadTable, variantTable } from "./overhead-table.ts";
import { missingFolders, VARIANTS } from "./variants.ts";

const missing = missingFolders();
const skip =
  missing.length > 0 && process.env["NARUKO_REQUIRE_PEERS"] !== "1"
    ? `npm test installs their packages: ${missing.join(", ")}`
    : false;
/** Seven programs, each of which takes a second on an idle machine. */
const LIMIT_MS = 120_000;

test(
  "every variant is measured, and tells one span a call",
  { skip, timeout: LIMIT_MS },
  async () => {
    const amounts = { rounds: 2, calls: 2, streams: 1, warmUp: 1, delayMs: 20 };
    const lives = await benchOverhead({ ...amounts, lives: 1, tell: () => undefined });
    assert.deepEqual(
      [...lives].map(([name, lived]) => [name, lived.length]),
      VARIANTS.map(({ name }) => [name, 1]),
    );
    for (const [name, [life]] of lives) {
      const { calls, streams, memory, bytesPerCall } = life ?? assert.fail(name);
      for (const { bare, observed } of [calls, streams]) {
        assert.equal(bare.length, amounts.rounds);
        assert.ok([...bare, ...observed].every(({ cpuUs, wallUs }) => cpuUs > 0 && wallUs > 0));
      }
      assert.ok(memory.heapBytes > 0);
      assert.equal(bytesPerCall > 0, name !== "bare", name);
    }
    const lines = overheadTable(lives).trimEnd().split("\n");
    assert.equal(lines.length, VARIANTS.length + 2);
    assert.doesNotMatch(overheadTable(lives) + variantTable(lives), /NaN/);
  },
);
