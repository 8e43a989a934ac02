import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { GoldenTexts } from "./golden-texts.ts";

test("a golden set is found by its name, also after another took its place", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "golden-texts-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const [one, other] = ["1".repeat(32), "2".repeat(32)];
  const texts = new GoldenTexts(folder);
  assert.equal(texts.textOf(one), undefined);
  await texts.keep({ set: one, text: "first" });
  await texts.keep({ set: other, text: "second" });
  await texts.keep({ set: one, text: "is there" });
  const again = new GoldenTexts(folder);
  assert.deepEqual([again.textOf(one), again.textOf(other)], ["first", "second"]);
  assert.deepEqual(readdirSync(path.join(folder, "golden")), [`${one}.jsonl`, `${other}.jsonl`]);
  assert.equal(statSync(path.join(folder, "golden", `${one}.jsonl`)).mode & 0o077, 0);
});

test("only what names sets becomes a path", async () => {
  const texts = new GoldenTexts("/proc");
  assert.equal(texts.textOf("../../etc/passwd"), undefined);
  await texts.keep({ set: "../passwd", text: "is written nowhere" });
});
