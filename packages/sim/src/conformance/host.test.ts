// What the SDK must never do to the application it lives in: applications that know nothing of it, and
// servers of telemetry that are absent, silent or broken.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import test, { type TestContext } from "node:test";
import { closeAtOnce, openOnLoopback } from "../loopback.ts";
import { completion } from "../provider-stubs/openai-wire.ts";
import { ProviderStub } from "../provider-stubs/provider-stub.ts";
import { OtlpSink } from "./otlp-sink.ts";
import { type Ended, runApplication } from "./run-application.ts";
import { isInstalled } from "./run-client.ts";
import { telemetryText } from "./telemetry-text.ts";

const REGISTER = ["--import", "@naruko/sdk/register"];
const SAW = "saw 鳴子 の音🦊 is heard – señor.\ndone\n";
const LIMIT_MS = 60_000;

const installed = isInstalled("openai") || process.env["NARUKO_REQUIRE_PEERS"] === "1";
const skip = installed ? false : "npm test installs the packages of senders/openai";
const options = { skip };

async function started(t: TestContext): Promise<string> {
  const stub = new ProviderStub(new Map([["host", [completion({ id: "host" })]]]));
  const url = await stub.start();
  t.after(() => stub.stop());
  return `${url}/host`;
}

function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  return runApplication("openai", args, { OTEL_SERVICE_NAME: "host", ...environment });
}

for (const program of ["host.mjs", "host.cjs"]) {
  test(`${program}: registered, its calls arrive when it ends`, options, async (t) => {
    const sink = new OtlpSink();
    const otlpUrl = await sink.start();
    t.after(() => sink.stop());
    const urls = { HOST_URL: await started(t), OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl };
    const ended = await run([...REGISTER, program], urls);
    assert.deepEqual(ended, { code: 0, signal: null, printed: SAW, told: "" });
    const text = telemetryText(sink.delivered, "host");
    assert.match(text, /^span chat gpt-5\.1 CLIENT unset$/m);
    assert.match(text, /^ {2}gen_ai\.usage\.input_tokens = 19$/m);
    assert.match(text, /^histogram gen_ai\.client\.operation\.duration s/m);
  });
}

/** A server that treats each request as told; its address, or one where nobody listens. */
const SERVERS: Readonly<Record<string, Server | undefined>> = {
  absent: undefined,
  silent: createServer(() => undefined),
  broken: createServer((_, response) => response.writeHead(500).end()),
  "hanging up": createServer((request) => request.socket.destroy()),
  "speaking no HTTP": createServer().on("connection", (socket) => socket.end("hello\r\n\r\n")),
};

for (const [name, server] of Object.entries(SERVERS)) {
  test(
    `a server of telemetry that is ${name} is no matter of the application`,
    options,
    async (t) => {
      const otlpUrl = server === undefined ? "http://127.0.0.1:9" : await opened(server, t);
      const urls = { HOST_URL: await started(t), OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl };
      const calls = { HOST_CALLS: "600", OTEL_BSP_SCHEDULE_DELAY: "5" };
      const ended = await run([...REGISTER, "host.mjs"], { ...urls, ...calls });
      assert.deepEqual(ended, { code: 0, signal: null, printed: SAW, told: "" });
      const exits = await run([...REGISTER, "host.mjs"], { ...urls, HOST_EXITS: "3" });
      assert.deepEqual(exits, { code: 3, signal: null, printed: SAW, told: "" });
    },
  );
}

async function opened(server: Server, t: TestContext): Promise<string> {
  t.after(() => closeAtOnce(server));
  return openOnLoopback(server);
}

/** Ways in which an application ends itself, before any of its own requests could go out. */
const ENDINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  exits: { HOST_EXITS: "3" },
  throws: { HOST_THROWS: "the application's own" },
};

for (const [how, environment] of Object.entries(ENDINGS)) {
  test(
    `an application that ${how} ends as it would without us, and is told`,
    options,
    async (t) => {
      const sink = new OtlpSink();
      const otlpUrl = await sink.start();
      t.after(() => sink.stop());
      const urls = { HOST_URL: await started(t), OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl };
      const bare = await run(["host.mjs"], { ...urls, ...environment });
      assert.deepEqual(sink.delivered, []);
      const ended = await run([...REGISTER, "host.mjs"], { ...urls, ...environment });
      assert.deepEqual({ ...ended, told: "" }, { ...bare, told: "" });
      assert.equal(/the application's own/.test(ended.told), how === "throws");
      const text = telemetryText(sink.delivered, "host");
      assert.match(text, /^span chat gpt-5\.1 CLIENT unset$/m);
      assert.match(text, /^histogram gen_ai\.client\.operation\.duration s/m);
    },
  );
}

test("headers that cannot be sent are no matter of the application", options, async (t) => {
  const headers = { OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%0Aa" };
  const urls = { HOST_URL: await started(t), OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  const calls = { HOST_CALLS: "600", OTEL_BSP_SCHEDULE_DELAY: "5" };
  for (const how of [calls, { HOST_EXITS: "3" }]) {
    const ended = await run([...REGISTER, "host.mjs"], { ...urls, ...headers, ...how });
    const code = how === calls ? 0 : 3;
    assert.deepEqual(ended, { code, signal: null, printed: SAW, told: "" });
  }
});

test("an address that is none is as good as the default one", options, async (t) => {
  const urls = { HOST_URL: await started(t), OTEL_EXPORTER_OTLP_ENDPOINT: "naruko:4318/%" };
  const ended = await run([...REGISTER, "host.mjs"], urls);
  assert.deepEqual(ended, { code: 0, signal: null, printed: SAW, told: "" });
});

test("an application's own providers take its calls, however late", options, async (t) => {
  const sink = new OtlpSink();
  const otlpUrl = await sink.start();
  t.after(() => sink.stop());
  const ended = await run(["providers.mjs"], { HOST_URL: await started(t), OTLP_URL: otlpUrl });
  assert.equal(ended.told, "");
  const { spanId, tookMs, ...told } = JSON.parse(ended.printed) as Record<string, unknown>;
  const scope = "@naruko/sdk";
  assert.deepEqual(told, {
    name: "chat gpt-5.1",
    scope: {
      name: scope,
      version: "0.1.0",
      schemaUrl: "https://opentelemetry.io/schemas/1.41.1",
    },
    within: true,
    conversation: "c-1",
    feature: "search",
    names: [
      [scope, "gen_ai.client.operation.duration"],
      [scope, "gen_ai.client.token.usage"],
    ],
    // The verdict: no logger provider was registered.
    counts: { sent: 1, dropped: 0, refused: 0, waiting: 0, faults: 0 },
  });
  assert.ok(typeof tookMs === "number" && tookMs > 0 && tookMs < LIMIT_MS);
  assert.deepEqual(
    sink.delivered.map((delivered) => delivered.path),
    ["/v1/logs"],
  );
  const [event] = sink.delivered;
  assert.match(JSON.stringify(event?.body), new RegExp(`"spanId":"${String(spanId)}"`));
  assert.match(JSON.stringify(event?.body), /"eventName":"gen_ai.evaluation.result"/);
});
