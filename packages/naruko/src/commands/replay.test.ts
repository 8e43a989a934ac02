import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Input } from "@naruko/core/model/engine-io";
import { epochMs, SECOND_MS } from "@naruko/core/model/time";
import { announceServer, databaseFileOf } from "../disk/data-dir.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { aCall, telemetryOf } from "../testing/any-input.ts";
import { runNaruko } from "../testing/run-naruko.ts";
import { chatSpan, spanLine } from "../testing/span-line.ts";

const folder = mkdtempSync(path.join(tmpdir(), "naruko-replay-"));
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const START = Date.UTC(2026, 10, 2, 10);

/** A call every two seconds for ten minutes; from 2m to 5m every second one fails. */
const lines = Array.from({ length: 300 }, (_, i) => {
  const atS = i * 2;
  const error = atS >= 120 && atS < 300 && i % 2 === 0 ? "500" : undefined;
  const endAt = epochMs(START + atS * SECOND_MS + 500);
  return spanLine("shop", [chatSpan(endAt, "gpt-4o", error)], i + 1);
});
const input = write("calls.jsonl", `${lines.join("\n")}\n`);
const rules = write(
  "rules.yml",
  `groups:
  - name: g
    rules:
      - alert: Failing
        expr: sum by (model) (rate(llm_errors_total[1m])) * 60 > 10
        for: 30s
        labels: { severity: page }
        annotations: { summary: "{{ $value }} a minute" }
`,
);

// The rule breaches at 2m45s, fires half a minute later, and is sent after a group_wait of another;
// its end waits for the group's interval of five minutes.
const golden = [
  '{"at":"2026-11-02T10:02:45.000Z","kind":"alert","state":"pending","labels":{"alertname":"Failing","model":"gpt-4o","severity":"page"},"annotations":{"summary":"12 a minute"},"value":12,"startsAt":"2026-11-02T10:02:45.000Z"}',
  '{"at":"2026-11-02T10:03:15.000Z","kind":"alert","state":"firing","labels":{"alertname":"Failing","model":"gpt-4o","severity":"page"},"annotations":{"summary":"14.666666666666664 a minute"},"value":14.666666666666664,"startsAt":"2026-11-02T10:02:45.000Z"}',
  '{"at":"2026-11-02T10:03:45.000Z","kind":"notification","receiver":"default","group":{},"reason":"first","alerts":[{"status":"firing","labels":{"alertname":"Failing","model":"gpt-4o","severity":"page"},"annotations":{"summary":"14.666666666666664 a minute"},"startsAt":"2026-11-02T10:03:15.000Z","value":14.666666666666664,"fingerprint":"88d9811737d50fde"}]}',
  '{"at":"2026-11-02T10:05:15.000Z","kind":"alert","state":"resolved","labels":{"alertname":"Failing","model":"gpt-4o","severity":"page"},"annotations":{"summary":"14.666666666666664 a minute"},"value":14.666666666666664,"startsAt":"2026-11-02T10:02:45.000Z"}',
  '{"at":"2026-11-02T10:08:45.000Z","kind":"notification","receiver":"default","group":{},"reason":"all-resolved","alerts":[{"status":"resolved","labels":{"alertname":"Failing","model":"gpt-4o","severity":"page"},"annotations":{"summary":"14.666666666666664 a minute"},"startsAt":"2026-11-02T10:03:15.000Z","endsAt":"2026-11-02T10:05:15.000Z","value":14.666666666666664,"fingerprint":"88d9811737d50fde"}]}',
  '{"kind":"summary","from":"2026-11-02T10:00:00.500Z","to":"2026-11-02T10:10:00.000Z","calls":300,"judged":0,"judgeUsd":0,"alerts":1,"notifications":2}',
];

test("output in JSON, line by line", async () => {
  const { code, printed, told } = await runNaruko("replay", input, "--rules", rules, "--json");
  assert.deepEqual({ code, told }, { code: 0, told: "" });
  assert.deepEqual(printed.trimEnd().split("\n"), golden);
});

test("the same from plain, gzip and zstd, and with its lines spread over two files", async () => {
  const content = `${lines.join("\n")}\n`;
  const even = lines.filter((_, i) => i % 2 === 0).join("\n");
  const odd = lines.filter((_, i) => i % 2 === 1).join("\n");
  const runs = [
    [input],
    [write("calls.jsonl.gz", gzipSync(content))],
    [write("calls.jsonl.zst", zstdCompressSync(content))],
    [write("odd.jsonl", odd), write("even.jsonl", even)],
  ];
  const printed = [];
  for (const inputs of runs) {
    printed.push((await runNaruko("replay", ...inputs, "--rules", rules, "--json")).printed);
  }
  assert.match(printed[0] ?? "", /"calls":300/);
  for (const other of printed) assert.equal(other, printed[0]);
});

test("output for people", async () => {
  const { code, printed, told } = await runNaruko("replay", input, "--rules", rules);
  assert.deepEqual({ code, told }, { code: 0, told: "" });
  assert.equal(
    printed,
    `2026-11-02 10:02:45  pending   Failing{model="gpt-4o", severity="page"}  12
2026-11-02 10:03:15  firing    Failing{model="gpt-4o", severity="page"}  14.67
2026-11-02 10:03:45  sent      default  first: 1 firing, 0 resolved
2026-11-02 10:05:15  resolved  Failing{model="gpt-4o", severity="page"}  14.67
2026-11-02 10:08:45  sent      default  all-resolved: 0 firing, 1 resolved
2026-11-02 10:00:00.500 to 2026-11-02 10:10:00 UTC: calls 300, alerts fired 1, notifications 2
`,
  );
});

test("rules, routing and the interval of a configuration", async () => {
  const config = write(
    "naruko.yml",
    `interval: 30s
rules: [rules.yml]
routing:
  route: { receiver: oncall, group_wait: 0s, group_by: [model] }
  receivers: [{ name: oncall }]
`,
  );
  const { code, printed } = await runNaruko("replay", input, "--config", config);
  assert.equal(code, 0);
  assert.match(printed, /10:03:00 {2}pending /);
  assert.match(printed, /10:03:30 {2}sent {6}oncall {2}\{model="gpt-4o"\} {2}first: 1 firing/);
});

test("calls and evaluations of a data directory, at the times at which they came in", async () => {
  const data = path.join(folder, "data");
  mkdirSync(data);
  const opened = await openDuckDbDisk(databaseFileOf(data));
  assert.ok(opened.ok);
  const inputs = Array.from({ length: 300 }, (_, i): Input => {
    const at = epochMs(START + i * 2 * SECOND_MS + 500);
    const failed = i >= 60 && i < 150 && i % 2 === 0;
    const fields = { spanId: String(i), startAt: epochMs(at - 800), endAt: at };
    const call = aCall(failed ? { ...fields, errorType: "500" } : fields);
    return { seq: i + 1, at, kind: "telemetry", telemetry: telemetryOf([call]) };
  });
  await opened.value.commit(inputs);
  const kept = inputs.flatMap((one) =>
    one.kind === "telemetry" ? [{ ...one, kind: "keep" as const }] : [],
  );
  await opened.value.keep(kept);
  await opened.value.close();

  const { code, printed } = await runNaruko("replay", data, "--rules", rules, "--json");
  assert.equal(code, 0);
  assert.deepEqual(printed.trimEnd().split("\n"), golden);

  await announceServer(data, { pid: process.pid, address: "http://127.0.0.1:4320" });
  const held = await runNaruko("replay", data);
  assert.equal(held.code, 1);
  assert.match(held.told, /is in use by the server at http:\/\/127\.0\.0\.1:4320 \(process \d+\)/);
});

test("broken lines are told, counted and skipped", async () => {
  const week = 7 * 24 * 3600 * SECOND_MS;
  const file = write(
    "broken.jsonl",
    [
      lines[0],
      "{",
      "[]",
      '{"resourceSpans":5}',
      spanLine("shop", [chatSpan(epochMs(START + week + 501), "gpt-4o")], 7000),
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1"}]}]}]}',
      lines[1],
    ].join("\n"),
  );
  const { code, printed, told } = await runNaruko("replay", file);
  assert.equal(code, 0);
  assert.match(printed, /calls 2, /);
  const texts = told.replaceAll(`${folder}/`, "").split("\n");
  assert.match(texts[0] ?? "", /^broken\.jsonl:2: .*not JSON/);
  assert.match(texts[1] ?? "", /^broken\.jsonl:3: expected an object with "resourceSpans"/);
  assert.match(texts[2] ?? "", /^broken\.jsonl:4: .*resourceSpans/);
  assert.deepEqual(texts.slice(3), [
    "broken lines: 3",
    "rejected records: far-future 1",
    "records that are no calls, metrics or evaluations: not-an-evaluation 1",
    "",
  ]);
});

test("a flood of broken lines is told in part", async () => {
  const file = write("flood.jsonl", `${lines[0]}\n${"x\n".repeat(100)}`);
  const { told } = await runNaruko("replay", file);
  assert.equal(told.split("\n").length, 23);
  assert.match(told, /further broken lines are only counted\nbroken lines: 100\n$/);
});

test("nothing could be read", async () => {
  for (const content of ["", "x\n", '{"resourceLogs":[]}\n']) {
    const { code, printed, told } = await runNaruko("replay", write("empty.jsonl", content));
    assert.equal(code, 1);
    assert.equal(printed, "");
    assert.match(told, /nothing could be read of .*empty\.jsonl/);
  }
});

const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
  [[], 2, /replay needs at least one INPUT/],
  [["none.jsonl"], 2, /none\.jsonl: there is no such file or directory/],
  [[input, "rules.yml"], 2, /rules\.yml is no INPUT; each rule file has a --rules/],
  [[input, "--incidents", "x.json"], 2, /--incidents: scores .* come later/],
  [[input, "--judge", "live"], 2, /--judge live asks an endpoint: name it as judge: in --config/],
  [[input, "--judge", "on"], 2, /expected off, recorded or live, not "on"/],
  [[input, "--paging", "page,"], 2, /--paging: expected severities/],
  [[input, "--score"], 2, /unknown option --score; there are/],
  [[input, "--rules", "none.yml"], 1, /none\.yml: cannot be read/],
  [[input, "--config", "none.yml"], 1, /none\.yml: cannot be read/],
  [
    [
      input,
      "--rules",
      write("bad.yml", "groups: [{name: g, rules: [{alert: A, expr: 'rat(x[5m])'}]}]"),
    ],
    1,
    /bad\.yml:1:\d+: .*unknown function "rat"/,
  ],
  [[folder], 1, /is no data directory: there is no .*naruko\.duckdb/],
];
for (const [args, code, told] of refused) {
  test(`replay ${args.map((arg) => path.basename(arg)).join(" ")}`, async () => {
    const ran = await runNaruko("replay", ...args);
    assert.equal(ran.code, code);
    assert.match(ran.told, told);
    assert.equal(ran.printed, "");
  });
}
