import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { DAY_MS } from "@naruko/core/model/time";
import { checkFile } from "./check-file.ts";
import { goldenSetOf } from "./golden-set.ts";
import { loadConfig } from "./load-config.ts";

const OWN = `{"input": "open on sunday?", "output": "from ten to four", "labels": {"relevance": "good"}}\n`;

/** A configuration in a folder of its own, with a golden set beside it. */
function configIn(t: TestContext, golden: string, own = OWN): string {
  const folder = mkdtempSync(path.join(tmpdir(), "golden-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(path.join(folder, "own.jsonl"), own);
  const file = path.join(folder, "naruko.yml");
  const judge = `judge:\n  endpoint: { model: gpt-4o-mini, api_key: k }\n${golden}`;
  writeFileSync(file, `capture: judge\n${judge}`);
  return file;
}

const setIn = (file: string) => goldenSetOf(loadConfig(file, {}));

test("the golden set is the shipped one in the judge's language, and one's own", (t) => {
  const shipped = setIn(configIn(t, ""));
  assert.equal(shipped?.everyMs, DAY_MS);
  assert.ok(shipped.text.split("\n").length > 500);
  assert.match(shipped.set, /^[0-9a-f]{32}$/);
  const japanese = setIn(configIn(t, "  language: ja\n"));
  assert.notEqual(japanese?.set, shipped.set);
  const both = setIn(configIn(t, "  golden: { files: [own.jsonl], every: 12h }\n"));
  assert.equal(both?.everyMs, DAY_MS / 2);
  assert.equal(both.text, `${shipped.text}\n${OWN.trimEnd()}`);
  const alone = setIn(configIn(t, "  golden: { files: [own.jsonl], shipped: false }\n"));
  assert.equal(alone?.text, OWN.trimEnd());
  assert.equal(setIn(configIn(t, "  golden: { shipped: false }\n")), undefined);
});

for (const [golden, own, message] of [
  [
    "  golden: { files: [own.jsonl] }\n",
    `{"output": "a", "labels": {"tone": "good"}}`,
    /own\.jsonl:1: there is no rubric "tone"/,
  ],
  ["  golden: { files: [own.jsonl] }\n", `${OWN}{`, /own\.jsonl:2: no JSON object/],
  ["  golden: { files: [other.jsonl] }\n", OWN, /other\.jsonl: cannot be read/],
  ["  golden: { files: [own.jsonl] }\n", OWN.repeat(1600), /golden items are more than 2000/],
  ["  golden: { every: 1m }\n", OWN, /judge\.golden\.every: expected a duration from 1h to 30d/],
] as const) {
  test(`a golden set is refused, also by naruko check: ${String(message)}`, (t) => {
    const file = configIn(t, golden, own);
    assert.throws(() => setIn(file), message);
    const { findings } = checkFile(file, {}, []);
    assert.ok(findings.length > 0, "naruko check finds it too");
  });
}
