import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { checkFile } from "./check-file.ts";

const MARKDOWN = "---\nname: tone\n---\n\nIs the answer friendly?\n";
const JUDGE = "capture: judge\njudge:\n  endpoint: { model: m, base_url: 'http://localhost' }\n";

const rows: readonly (readonly [
  name: string,
  text: string,
  kind: string | undefined,
  holds: string,
  findings: readonly RegExp[],
])[] = [
  ["tone.md", MARKDOWN, "rubric", "rubric tone", []],
  ["tone.md", "no head", "rubric", "", [/^error .*---/]],
  ["brevity.yml", "name: brevity\ninstruction: Is it short?\n", "rubric", "rubric brevity", []],
  ["brevity.yml", "instruction: Is it short?\nscael: 1\n", "rubric", "", [/scael/, /name/]],
  ["naruko.yml", `${JUDGE}  price: { input: 0, output: 0 }\n`, "configuration", "", []],
  ["naruko.yml", JUDGE, "configuration", "", [/^error 3:\d+ .*the price of "m" .* is not known/]],
  [
    "naruko.yml",
    `${JUDGE}  price: { input: 0, output: 0 }\n  rubrics: { files: [none.md] }\n`,
    "configuration",
    "",
    [/none\.md.*cannot be read/],
  ],
];

for (const [name, text, kind, holds, findings] of rows) {
  test(`${name} as ${kind}: ${JSON.stringify(text).slice(0, 70)}`, (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "naruko-check-"));
    t.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const file = path.join(folder, name);
    writeFileSync(file, text);
    const checked = checkFile(file, {}, []);
    assert.deepEqual([checked.kind, checked.holds], [kind, holds]);
    const told = checked.findings.map(
      ({ severity, place, message }) =>
        `${severity} ${place === undefined ? "" : `${place.line}:${place.column}`} ${message}`,
    );
    assert.equal(told.length, findings.length, told.join("\n"));
    for (const [i, expected] of findings.entries()) assert.match(told[i] ?? "", expected);
  });
}
