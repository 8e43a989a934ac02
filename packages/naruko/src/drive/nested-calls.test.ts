// A framework's span of a call, a span that is no call, and the client's span of the same call: sent
// one by one, as a simple span processor does.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { systemWorld } from "../commands/system-world.ts";
import { main } from "../main.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";

const CHAT = { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o" };

function request(id: number, parentId: number, values: Readonly<Record<string, string>>): string {
  const hex = (n: number): string => n.toString(16).padStart(16, "0");
  const endMs = Date.now() - 1000 + 10 * (9 - id);
  const attribute = ([key, stringValue]: readonly [string, string]) => ({
    key,
    value: { stringValue },
  });
  const span = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: hex(id),
    ...(parentId > 0 && { parentSpanId: hex(parentId) }),
    name: "chat gpt-4o",
    kind: 3,
    startTimeUnixNano: `${endMs - 500}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: Object.entries(values).map(attribute),
  };
  const resource = { attributes: [attribute(["service.name", "shop"])] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
}

const REQUESTS = [
  request(4, 3, CHAT),
  request(3, 2, { "http.request.method": "POST" }),
  request(2, 1, { "step.name": "generate" }),
  request(1, 0, CHAT),
];

test("live, they are one call", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-nested-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const { http, otlp } = await serveNaruko(t, "--data", folder);
  for (const body of REQUESTS) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${otlp}/v1/traces`, { method: "POST", headers, body });
    assert.equal(response.status, 200);
  }
  const query = encodeURIComponent("sum(llm_operation_duration_seconds_count)");
  const answer = await fetch(`${http}/api/v1/query?query=${query}`);
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  assert.equal(data.result[0]?.value[1], "1");
});

test("replayed from a Collector's file, they are one call", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-nested-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = path.join(folder, "spans.jsonl");
  writeFileSync(file, `${REQUESTS.join("\n")}\n`);
  let printed = "";
  const code = await main(["replay", file, "--json"], {
    ...systemWorld(),
    environment: {},
    print: (text) => (printed += text),
    tell: () => undefined,
  });
  assert.equal(code, 0, printed);
  const summary = JSON.parse(printed.trimEnd().split("\n").at(-1) ?? "") as { calls: number };
  assert.equal(summary.calls, 1);
});
