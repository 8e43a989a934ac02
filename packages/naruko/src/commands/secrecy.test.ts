import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import test from "node:test";
import { onDisk, type Serving, serving, stored } from "../testing/serving.ts";

const EPOCH_NS = 1_000_000;

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const messages = (word: string): string =>
  JSON.stringify([{ role: "user", parts: [{ type: "text", content: word }] }]);

/** One call in each spelling that carries texts; every text is a word that is found nowhere else. */
function spans(): { readonly body: object; readonly said: string[]; readonly errors: string[] } {
  const said: string[] = [];
  const errors: string[] = [];
  const word = (into: string[]): string => {
    const one = `zebra${said.length + errors.length}crossing`;
    into.push(one);
    return one;
  };
  const chat = [text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt-5")];
  const event = (name: string, ...attributes: object[]): object => ({ name, attributes });
  const calls: { readonly attributes: object[]; readonly events?: object[] }[] = [
    {
      attributes: [
        ...chat,
        text("gen_ai.input.messages", messages(word(said))),
        text("gen_ai.output.messages", messages(word(said))),
        text("gen_ai.system_instructions", messages(word(said))),
      ],
      events: [
        event("gen_ai.user.message", text("content", word(said))),
        event("exception", text("exception.message", word(errors))),
        event(
          "gen_ai.evaluation.result",
          text("gen_ai.evaluation.name", "safety"),
          text("gen_ai.evaluation.score.label", "pass"),
          text("gen_ai.evaluation.explanation", word(said)),
        ),
      ],
    },
    { attributes: [...chat, text("gen_ai.prompt.0.content", word(said))] },
    {
      attributes: [
        text("openinference.span.kind", "LLM"),
        text("llm.model_name", "gpt-5"),
        text("input.value", word(said)),
        text("output.value", word(said)),
        text("llm.input_messages.0.message.role", "user"),
        text("llm.input_messages.0.message.content", word(said)),
      ],
    },
    {
      attributes: [
        text("operation.name", "ai.generateText.doGenerate"),
        ...chat,
        text("ai.prompt.messages", messages(word(said))),
        text("ai.response.text", word(said)),
      ],
    },
  ];
  const now = Date.now();
  const records = calls.map((call, i) => ({
    traceId: String(i + 1).padStart(32, "0"),
    spanId: String(i + 1).padStart(16, "0"),
    name: "chat",
    startTimeUnixNano: String(BigInt(now - 1000) * BigInt(EPOCH_NS)),
    endTimeUnixNano: String(BigInt(now) * BigInt(EPOCH_NS)),
    status: { code: 2, message: word(errors) },
    ...call,
  }));
  return { body: { resourceSpans: [{ scopeSpans: [{ spans: records }] }] }, said, errors };
}

async function everythingShown({ http }: Serving, headers = {}): Promise<string> {
  const start = Math.floor(Date.now() / 1000) - 3600;
  const paths = [
    "/",
    "/metrics",
    "/api/v1/rules",
    "/api/v1/alerts",
    ...["buildinfo", "config", "flags", "runtimeinfo", "tsdb"].map((of) => `/api/v1/status/${of}`),
    "/api/v1/alertmanagers",
    "/api/v1/targets",
    "/api/v1/metadata",
    `/api/v1/query_exemplars?query={__name__=~".%2B"}`,
    `/api/v1/series?match[]={__name__=~".%2B"}&start=${start}`,
    `/api/v1/query?query={__name__=~".%2B"}`,
  ];
  const answers = await Promise.all(paths.map((where) => fetch(http + where, { headers })));
  for (const answer of answers) assert.equal(answer.status, 200, answer.url);
  return (await Promise.all(answers.map((answer) => answer.text()))).join("\n");
}

for (const [capture, kept] of [
  ["off", false],
  ["judge", false],
  ["store", true],
] as const) {
  test(`capture ${capture}: what was said ${kept ? "is" : "is not"} written`, async (t) => {
    const server = await serving(t, `capture: ${capture}\nrules: []\n`);
    const { body, said, errors } = spans();
    const answer = await fetch(`${server.otlp}/v1/traces`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.deepEqual(await answer.json(), {});
    const shown = await everythingShown(server);
    const whileRunning = onDisk(server.folder, [...said, ...errors]);
    await server.stop();
    const { restart, history } = await stored(server.folder);
    const left = restart + history;
    const decoded = [...said, ...errors].filter((word) => left.includes(word));
    const files = onDisk(server.folder, [...said, ...errors]);
    const found = new Set([...whileRunning, ...decoded, ...files]);
    assert.deepEqual(
      errors.filter((word) => found.has(word)),
      [],
      "error messages quote prompts",
    );
    // The check itself is worth something only where what is kept is found.
    if (kept) assert.ok(found.size >= 6, [...found].join());
    else assert.deepEqual([...found], []);
    for (const word of [...said, ...errors]) {
      assert.ok(!shown.includes(word) && !server.told().includes(word), word);
    }
  });
}

test("secrets are in no file, log, answer or metric, also where a receiver repeats them", async (t) => {
  const asked: string[] = [];
  const receiver = createServer((request, response) => {
    const { authorization = "" } = request.headers;
    asked.push(`${request.url} ${authorization}`);
    response.writeHead(500, { "Content-Type": "text/plain" });
    response.end(`no ${request.url} for ${authorization}`);
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  t.after(() => receiver.close());
  const { port } = receiver.address() as AddressInfo;
  const secrets = {
    IN: "ingest-walrus-token",
    AD: "admin-walrus-token",
    HOOK: "hook-walrus-path",
    AUTH: "auth-walrus-token",
    PW: "walrus-password",
    AM: "am-walrus-token",
  };
  const config = `
interval: 1s
auth: { ingest_token: "\${IN}", admin_token: "\${AD}" }
rules: [rules.yml]
routing:
  route: { receiver: hook, group_wait: 0s }
  receivers:
    - name: hook
      webhook_configs:
        - url: "http://127.0.0.1:${port}/\${HOOK}"
          http_config: { authorization: { credentials: "\${AUTH}" } }
        - url: "http://127.0.0.1:${port}/b"
          http_config: { basic_auth: { username: u, password: "\${PW}" } }
alerting: { alertmanagers: [{ url: "http://127.0.0.1:${port}/am", bearer_token: "\${AM}" }] }
`;
  const server = await serving(t, config, secrets);
  const headers = { Authorization: `Bearer ${secrets.AD}` };
  const failed = async (): Promise<boolean> => {
    const metrics = await (await fetch(`${server.http}/metrics`, { headers })).text();
    const posts = /^naruko_alertmanager_posts_total\{.*outcome="failed"\} [1-9]/m.test(metrics);
    return (
      posts &&
      new Set(asked).size >= 3 &&
      /outcome="(failed|retried|failures)"\} [1-9]/.test(metrics)
    );
  };
  while (!(await failed())) await new Promise(setImmediate);
  assert.ok(asked.some((line) => line.includes(secrets.HOOK) && line.includes(secrets.AUTH)));
  const wrong = await fetch(`${server.http}/-/reload`, {
    method: "POST",
    headers: { Authorization: `Bearer ${secrets.IN}` },
  });
  assert.equal(wrong.status, 401);
  const shown = (await everythingShown(server, headers)) + (await wrong.text());
  const encoded = Object.values(secrets).flatMap((secret) => [
    secret,
    Buffer.from(`u:${secret}`).toString("base64"),
  ]);
  const whileRunning = onDisk(server.folder, encoded);
  await server.stop();
  assert.deepEqual([...whileRunning, ...onDisk(server.folder, encoded)], []);
  const { restart, history } = await stored(server.folder);
  const left = restart + history;
  const everything = shown + server.told() + left;
  for (const secret of encoded) assert.ok(!everything.includes(secret), secret);
  // The setup is on disk as it was written: with the names of the variables.
  assert.ok(left.includes("${HOOK}"));
});

test("the data directory is its owner's alone, whatever the process was told", async (t) => {
  const server = await serving(t, "rules: []\n");
  await server.stop();
  const data = path.join(server.folder, "data");
  for (const name of [".", ...readdirSync(data)]) {
    assert.equal(statSync(path.join(data, name)).mode & 0o077, 0, name);
  }
});

test("line breaks and markup from outside stay inside their line and text", async (t) => {
  const server = await serving(t, "interval: 1s\nrules: [rules.yml]\n");
  const evil = `<script>alert(1)</script>"'\n{"level":50}`;
  const now = String(BigInt(Date.now()) * BigInt(EPOCH_NS));
  const point = { timeUnixNano: now, asDouble: 1, attributes: [text("a", evil)] };
  const metric = { name: "evil", gauge: { dataPoints: [point] } };
  const answer = await fetch(`${server.otlp}/v1/metrics`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }),
  });
  assert.equal(answer.status, 200);
  const rule = `groups: [{ name: g, rules: [{ alert: Evil, expr: evil, labels: { layer: L1 }, annotations: { summary: "{{ $labels.a }}" } }] }]\n`;
  writeFileSync(path.join(server.folder, "rules.yml"), rule);
  assert.equal((await fetch(`${server.http}/-/reload`, { method: "POST" })).status, 200);
  let page = "";
  while (!page.includes("Evil")) page = await (await fetch(server.http)).text();
  assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;"));
  assert.ok(!page.includes("<script>alert"));
  await server.stop();
  for (const line of server.told().trim().split("\n")) JSON.parse(line);
});
