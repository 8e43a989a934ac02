import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { LINT_CODES } from "./finding.ts";

test("each code is explained, in the order of the code", () => {
  const page = new URL("../../../../docs/checking-rules.md", import.meta.url);
  const rows = [...readFileSync(page, "utf8").matchAll(/^\| `([a-z-]+)` /gm)];
  assert.deepEqual(
    rows.map(([, code]) => code),
    [...LINT_CODES],
  );
});
