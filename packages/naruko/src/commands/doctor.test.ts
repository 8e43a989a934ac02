import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import type { Environment } from "../config/environment.ts";
import { main } from "../main.ts";
import { hasOpenssl, makeAuthority } from "../testing/make-certificates.ts";
import { type Serving, serveNaruko } from "../testing/serve-naruko.ts";
import { examineSetup } from "./examine-setup.ts";
import { systemWorld } from "./system-world.ts";

function naruko(...args: readonly string[]) {
  return narukoWith({}, ...args);
}

async function narukoWith(environment: Environment, ...args: readonly string[]) {
  let printed = "";
  let told = "";
  const code = await main(args, {
    ...systemWorld(),
    environment,
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

const NOBODY_TOLD = [
  "missing  receivers: nobody is told of alerts: the configuration has no webhook and no Alertmanager",
  '         → routing: { route: { receiver: team }, receivers: [{ name: team, webhook_configs: [{ url: "${WEBHOOK_URL}" }] }] }',
];

test("nobody there", async () => {
  const { code, printed } = await naruko("doctor", "--url", "http://127.0.0.1:1");
  assert.equal(code, 1);
  assert.match(printed, /^WRONG +server: http:\/\/127.0.0.1:1 does not answer/);
});

test("misuse", async () => {
  assert.equal((await naruko("doctor", "now")).code, 2);
  assert.equal((await naruko("doctor", "--confg", "x")).code, 2);
});

test("no data, then ordinary spans alone, then a service that tells all", async (t) => {
  const server = await serving(t);
  const asked = () => naruko("doctor", "--url", server.http);
  const empty = await asked();
  assert.equal(empty.code, 1);
  assert.equal(
    empty.printed.replace(/^.*\n/, ""),
    `WRONG    data: nothing has arrived since the server started\n` +
      `         → OTEL_EXPORTER_OTLP_ENDPOINT=${server.otlp}\n` +
      `${NOBODY_TOLD.join("\n")}\n`,
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
    ...NOBODY_TOLD,
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
    ...NOBODY_TOLD,
    "",
  ]);
});

test("lines of our own SDK's own", async (t) => {
  const server = await serving(t);
  const chat = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.request.stream": true,
  };
  await send(server, { "service.name": "shop", "service.version": "1" }, ["@naruko/sdk", chat]);
  const { printed } = await naruko("doctor", "--url", server.http);
  assert.deepEqual(printed.split("\n").slice(2), [
    "ok       shop: 1 calls in the dialect naruko-sdk, conventions v1.37 to v1.41; 0 failed, 1 streamed",
    "WRONG    shop: no usage on 1 of 1 answered calls, all of them streams: their cost is estimated or unknown",
    "         → NARUKO_INCLUDE_USAGE=always",
    "missing  shop: no content on 1 of 1 calls: it cannot be judged",
    "         → OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true",
    "missing  shop: no conversation id: calls of one conversation count as many",
    "         → withContext({ conversationId }, run)",
    ...NOBODY_TOLD,
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

/** A folder with a configuration; the commands' own paths are relative to it. */
function configured(
  t: TestContext,
  text: string,
): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-doctor-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = path.join(folder, "naruko.yml");
  writeFileSync(file, text);
  return { folder, file };
}

/** What is said of the configuration, each without its folder. */
async function saidOf(
  { folder, file }: { readonly folder: string; readonly file: string },
  environment: Environment = {},
): Promise<readonly string[]> {
  const { printed } = await narukoWith(environment, "doctor", "--config", file, "--json");
  return printed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>)
    .filter(({ about = "" }) => ["config", "keys", "receivers"].includes(about))
    .map(
      ({ level, about, says = "" }) => `${level} ${about}: ${says.replaceAll(`${folder}/`, "")}`,
    );
}

const NOWHERE = "listen: { port: 1, otlp_http_port: 1, otlp_grpc_port: false }\n";

const setups: readonly (readonly [string, string, Environment, readonly (string | RegExp)[]])[] = [
  ["nothing named", "", {}, ["fine config: naruko.yml is taken, and what it names is there"]],
  ["no YAML", "a: [", {}, [/^wrong config: naruko.yml:\d+:\d+: /]],
  ["a key that is not known", "lisen: {}\n", {}, [/^wrong config: naruko.yml:\d+:1: unknown key/]],
  [
    "a variable that is empty",
    'services: { b: { source: "${SOURCE}" } }\n',
    { SOURCE: "" },
    [
      /^wrong config: naruko.yml:2:\d+: services.b.source: /,
      "wrong keys: naruko.yml:2:26: the environment variable SOURCE is empty",
    ],
  ],
  [
    "tokens",
    'auth: { admin_token: "${ADMIN}", ingest_token: "${INGEST}" }\n',
    { INGEST: "x".repeat(20) },
    ["wrong keys: naruko.yml:2:22: the environment variable ADMIN is not set"],
  ],
  [
    "files of secrets",
    "remote_write: [{ url: http://h/, basic_auth: { username: u, password_file: none.txt } }]\n",
    {},
    [/^wrong keys: naruko.yml:2:\d+: password_file cannot be read: ENOENT/],
  ],
  [
    "an empty file of a secret",
    "remote_write: [{ url: http://h/, basic_auth: { username: u, password_file: empty.txt } }]\n",
    {},
    [/^wrong keys: naruko.yml:2:\d+: password_file: empty.txt is empty$/],
  ],
  [
    "certificates that are not there",
    "tls: { cert_file: own.pem, key_file: own.key }\n",
    {},
    [/^wrong config: naruko.yml: tls.cert_file: own.pem cannot be read/],
  ],
  [
    "rules and routing that are not there",
    "rules: [none.yml]\nrouting: nobody.yml\n",
    {},
    [/^wrong config: none.yml: cannot be read/, /^wrong config: nobody.yml: cannot be read/],
  ],
  [
    "a receiver that is not there",
    "routing: { route: { receiver: a }, receivers: [{ name: b }] }\n",
    {},
    ['wrong config: naruko.yml:2:31: there is no receiver "a"; receivers are: b'],
  ],
  [
    "receivers that nobody is at, and an address that is not set",
    `routing:
  route: { receiver: team }
  receivers:
    - name: team
      webhook_configs: [{ url: "http://127.0.0.1:1/SECRET" }, { url: "\${HOOK}" }]
alerting: { alertmanagers: [{ url: "https://127.0.0.1:1/am" }] }
`,
    {},
    [
      "wrong keys: naruko.yml:6:70: the environment variable HOOK is not set",
      "wrong receivers: team webhook/0: 127.0.0.1:1 cannot be reached: ECONNREFUSED",
      "wrong receivers: Alertmanager: 127.0.0.1:1 cannot be reached: ECONNREFUSED",
    ],
  ],
];
for (const [name, text, environment, expected] of setups) {
  test(`a set-up: ${name}`, async (t) => {
    const setup = configured(t, NOWHERE + text);
    writeFileSync(path.join(setup.folder, "empty.txt"), "\n");
    const said = await saidOf(setup, environment);
    assert.equal(said.length, expected.length, said.join("\n"));
    for (const [i, wanted] of expected.entries()) {
      if (typeof wanted === "string") assert.equal(said[i], wanted);
      else assert.match(said[i] ?? "", wanted);
    }
  });
}

test("a receiver that somebody is at, and gets nothing", async (t) => {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("data", (data) => heard.push(data.toString()));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/SECRET`;
  const setup = configured(
    t,
    `${NOWHERE}routing: { route: { receiver: a }, receivers: [{ name: a, webhook_configs: [{ url: "${url}" }] }] }\n`,
  );
  assert.deepEqual(await saidOf(setup), [
    "fine config: naruko.yml is taken, and what it names is there",
    `fine receivers: a webhook/0: 127.0.0.1:${port} answers; nothing was sent`,
  ]);
  assert.deepEqual(heard, []);
});

test("a server with a configuration: what it tells, its token, and one that is wrong", async (t) => {
  const setup = configured(
    t,
    'auth: { admin_token: "${ADMIN}" }\nrouting: { route: { receiver: a }, receivers: [{ name: a, webhook_configs: [{ url: "http://127.0.0.1:1/" }] }] }\n',
  );
  const ADMIN = "a-token-of-some-length";
  writeFileSync(setup.file, readFileSync(setup.file, "utf8").replace("${ADMIN}", ADMIN));
  const data = path.join(setup.folder, "data");
  const { http } = await serveNaruko(t, "--config", setup.file, "--data", data);
  const asked = (environment: Environment) =>
    narukoWith(environment, "doctor", "--config", setup.file, "--url", http);
  assert.match(
    (await asked({})).printed,
    /^ok +receivers: a webhook\/0: nothing was to be sent yet$/m,
  );
  const { code, printed } = await asked({ NARUKO_ADMIN_TOKEN: "not-this-one-at-all" });
  assert.equal(code, 1);
  assert.match(printed, /answered 401: .*\n +→ export NARUKO_ADMIN_TOKEN=…\n$/);
});

test("an address that is none is misuse", async () => {
  assert.equal((await naruko("doctor", "--url", "foo")).code, 2);
  assert.equal((await naruko("doctor", "--url", "ftp://h/")).code, 2);
});

test("certificates: one that is good, and one that is over", { skip: !hasOpenssl() }, async (t) => {
  const setup = configured(t, `${NOWHERE}tls: { cert_file: own.pem, key_file: own.key }\n`);
  makeAuthority(setup.folder, "own");
  const [config, keys] = await saidOf(setup);
  assert.match(config ?? "", /^fine config/);
  assert.match(keys ?? "", /^fine keys: the server's certificate is valid until \d{4}-\d\d-\d\d$/);
  const { findings } = examineSetup(setup.file, {}, Date.now() + 10 * 24 * 3_600_000);
  assert.match(findings.at(-1)?.says ?? "", /^tls.cert_file: the certificate expired on /);
  assert.equal(findings.at(-1)?.level, "wrong");
});
