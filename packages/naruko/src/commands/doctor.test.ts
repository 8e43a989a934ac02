import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { main } from "../main.ts";
import { type Serving, serveNaruko } from "../testing/serve-naruko.ts";
import { systemWorld } from "./system-world.ts";

async function naruko(...args: readonly string[]) {
  let printed = "";
  let told = "";
  const code = await main(args, {
    ...systemWorld(),
    environment: {},
    print: (text) => (printed += text),
    tell: (text) => (told += text),
  });
  return { code, printed, told };
}

async function serving(t: TestContext): Promise<Serving> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-doctor-"));
  const server = await serveNaruko(t, "--data", folder);
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return server;
}

type Values = Readonly<Record<string, string | number | boolean>>;

function attributesOf(values: Values): readonly unknown[] {
  return Object.entries(values).map(([key, value]) => {
    if (typeof value === "string") return { key, value: { stringValue: value } };
    return { key, value: typeof value === "number" ? { intValue: value } : { boolValue: value } };
  });
}

let spans = 0;

/** Sends spans of one service, one for each set of attributes; they ended a second ago. */
async function send(
  { otlp }: Serving,
  resource: Values,
  [scope, ...calls]: readonly [string, ...Values[]],
  endedMsAgo = 1000,
): Promise<void> {
  const endMs = Date.now() - endedMsAgo;
  const body = {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [
          {
            scope: { name: scope },
            spans: calls.map((values) => ({
              traceId: "0af7651916cd43dd8448eb211c80319c",
              spanId: (++spans).toString(16).padStart(16, "0"),
              name: "chat gpt-4o",
              kind: 3,
              startTimeUnixNano: `${endMs - 500}000000`,
              endTimeUnixNano: `${endMs}000000`,
              attributes: attributesOf(values),
            })),
          },
        ],
      },
    ],
  };
  const response = await fetch(`${otlp}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200);
}

const TELLING: Values = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": "gpt-4o",
  "gen_ai.usage.input_tokens": 12,
  "gen_ai.usage.output_tokens": 3,
  "gen_ai.conversation.id": "c1",
  "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Weather?"}]}]',
};

test("nobody there", async () => {
  const { code, printed } = await naruko("doctor", "--url", "http://127.0.0.1:1");
  assert.equal(code, 1);
  assert.match(printed, /^WRONG +server: http:\/\/127.0.0.1:1 does not answer/);
});

test("misuse", async () => {
  assert.equal((await naruko("doctor", "now")).code, 2);
});

test("no data, then ordinary spans alone, then a service that tells all", async (t) => {
  const server = await serving(t);
  const asked = () => naruko("doctor", "--url", server.http);
  const empty = await asked();
  assert.equal(empty.code, 1);
  assert.equal(
    empty.printed.replace(/^.*\n/, ""),
    `WRONG    data: nothing has arrived since the server started\n` +
      `         → OTEL_EXPORTER_OTLP_ENDPOINT=${server.otlp}\n`,
  );

  const shop = { "service.name": "shop", "service.version": "1" };
  await send(server, shop, ["http", { "http.request.method": "GET" }]);
  const ordinary = await asked();
  assert.equal(ordinary.code, 1);
  assert.match(ordinary.printed, /WRONG +data: 1 spans arrived, and none of them is a call/);

  await send(server, shop, ["", TELLING, TELLING]);
  const { code, printed } = await asked();
  assert.equal(code, 0, printed);
  assert.deepEqual(printed.split("\n").slice(1), [
    "ok       data: 3 spans arrived",
    "ok       shop: 2 calls in the dialect otel-genai, conventions v1.37 to v1.41; 0 failed, 0 streamed",
    "",
  ]);
});

test("what each dialect leaves out, and the line that mends it", async (t) => {
  const server = await serving(t);
  await send(server, { "service.name": "chat\u001b[2J" }, [
    "ai",
    {
      "ai.operationId": "ai.streamText.doStream",
      "ai.model.id": "gpt-4o",
      "ai.model.provider": "openai.chat",
    },
  ]);
  const { code, printed } = await naruko("doctor", "--url", server.http);
  assert.equal(code, 1);
  assert.deepEqual(printed.split("\n").slice(2), [
    "ok       chat\ufffd[2J: 1 calls in the dialect ai-sdk-legacy; 0 failed, 1 streamed",
    "WRONG    chat\ufffd[2J: no usage on 1 of 1 answered calls, all of them streams: their cost is estimated or unknown",
    '         → createOpenAI({ compatibility: "strict" })',
    "missing  chat\ufffd[2J: no content on 1 of 1 calls: it cannot be judged",
    "         → experimental_telemetry: { isEnabled: true, recordInputs: true, recordOutputs: true }",
    "missing  chat\ufffd[2J: no conversation id: calls of one conversation count as many",
    "         → experimental_telemetry: { isEnabled: true, metadata: { sessionId } }",
    "missing  chat\ufffd[2J: no service.version: a deploy cannot be told from a change of the model",
    "         → OTEL_RESOURCE_ATTRIBUTES=service.version=1.2.3",
    "",
  ]);
});

test("--json prints one finding a line; a sender's clock, and a service without a name", async (t) => {
  const server = await serving(t);
  await send(server, {}, ["", TELLING]);
  await send(server, {}, ["", TELLING], -3_600_000);
  const { code, printed } = await naruko("doctor", "--url", server.http, "--json");
  assert.equal(code, 1);
  const findings = printed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>);
  const wrong = findings.filter(({ level }) => level === "wrong");
  assert.deepEqual(
    wrong.map(({ about, says, mend }) => [about, says, mend]),
    [
      [
        "records",
        "1 records were rejected: far-future",
        "set the sender's clock (timedatectl set-ntp true)",
      ],
      ["unknown_service", "the service has no name", "OTEL_SERVICE_NAME=my-app"],
    ],
  );
});

test("metrics without spans", async (t) => {
  const server = await serving(t);
  const point = {
    attributes: attributesOf({ "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai" }),
    timeUnixNano: `${Date.now()}000000`,
    startTimeUnixNano: `${Date.now() - 5000}000000`,
    count: 2,
    sum: 1,
    bucketCounts: [2, 0],
    explicitBounds: [1],
  };
  const metric = {
    name: "gen_ai.client.operation.duration",
    unit: "s",
    histogram: { aggregationTemporality: 1, dataPoints: [point] },
  };
  const resource = { attributes: attributesOf({ "service.name": "numbers" }) };
  const response = await fetch(`${server.otlp}/v1/metrics`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      resourceMetrics: [{ resource, scopeMetrics: [{ scope: {}, metrics: [metric] }] }],
    }),
  });
  assert.equal(response.status, 200);
  const { code, printed } = await naruko("doctor", "--url", server.http);
  assert.equal(code, 1);
  assert.match(printed, /WRONG +numbers: metrics come without spans: no llm_\* series/);
});

test("the endpoint takes GET alone", async (t) => {
  const { http } = await serving(t);
  const url = `${http}/api/naruko/sources`;
  assert.equal((await fetch(url, { method: "POST" })).status, 405);
  const { data } = (await (await fetch(url)).json()) as { data: Record<string, unknown> };
  assert.deepEqual(data["services"], []);
  assert.equal(data["needsToken"], false);
});
