import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { main } from "../main.ts";
import type { World } from "./command.ts";
import { systemWorld } from "./system-world.ts";

type Running = {
  readonly http: string;
  readonly otlp: string;
  readonly printed: () => string;
  readonly told: () => string;
  readonly signal: (signal: "stop" | "reload") => void;
  readonly exit: Promise<number>;
};

/** Runs `naruko ARGS` in this process; resolves once it greets or ends. */
async function run(args: readonly string[], environment = {}): Promise<Running> {
  let printed = "";
  let told = "";
  let handler: (signal: "stop" | "reload") => void = () => undefined;
  let greeted: () => void = () => undefined;
  const greeting = new Promise<void>((resolve) => (greeted = resolve));
  const world: World = {
    ...systemWorld(),
    environment,
    print: (text) => {
      printed += text;
      if (text.includes("send OTLP")) greeted();
    },
    tell: (text) => (told += text),
    onSignal: (onSignal) => {
      handler = onSignal;
      return () => undefined;
    },
  };
  const exit = main(args, world);
  await Promise.race([greeting, exit]);
  const urls = [...printed.matchAll(/http:\/\/\S+/g)].map(([url]) => url);
  return {
    http: urls[0] ?? "",
    otlp: urls[1] ?? "",
    printed: () => printed,
    told: () => told,
    signal: (signal) => {
      handler(signal);
    },
    exit,
  };
}

function temporaryFolder(t: { after: (fn: () => void) => void }): string {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-serve-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

const FREE_PORTS = ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"];

function chatSpans(count: number, from = 1): object {
  const endMs = Date.now();
  const spans = Array.from({ length: count }, (_, i) => ({
    traceId: (from + i).toString(16).padStart(32, "0"),
    spanId: (from + i).toString(16).padStart(16, "0"),
    name: "chat",
    startTimeUnixNano: `${endMs - 1000}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: [
      { key: "gen_ai.operation.name", value: { stringValue: "chat" } },
      { key: "gen_ai.request.model", value: { stringValue: "gpt-5" } },
    ],
  }));
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
  return { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] };
}

function send(url: string, body: object | string, headers = {}): Promise<Response> {
  return fetch(`${url}/v1/traces`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  });
}

async function query(url: string, expr: string): Promise<unknown> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`);
  const answer = (await response.json()) as { data: { result: { value: [number, string] }[] } };
  return answer.data.result.map(({ value }) => value[1]);
}

test("a call shows as soon as it is acknowledged, and is there after a restart, once", async (t) => {
  const folder = temporaryFolder(t);
  const args = ["serve", "--data", folder, ...FREE_PORTS];
  const first = await run(args);
  assert.equal((await send(first.otlp, chatSpans(3))).status, 200);
  assert.deepEqual(await query(first.http, "llm_operation_duration_seconds_count"), ["3"]);
  // The sender's retry of a request whose answer it did not see.
  assert.equal((await send(first.otlp, chatSpans(3))).status, 200);
  first.signal("stop");
  assert.equal(await first.exit, 0);

  const second = await run(args);
  assert.equal((await send(second.otlp, chatSpans(3))).status, 200);
  assert.equal((await send(second.otlp, chatSpans(2, 100))).status, 200);
  assert.deepEqual(await query(second.http, "llm_operation_duration_seconds_count"), ["5"]);
  second.signal("stop");
  assert.equal(await second.exit, 0);
  assert.equal(second.told(), "");
});

test("requests that OTLP has an answer for", async (t) => {
  const server = await run(["serve", "--data", temporaryFolder(t), ...FREE_PORTS]);
  const gzip = gzipSync(JSON.stringify(chatSpans(1)));
  const rows: readonly (readonly [string, RequestInit, string, number])[] = [
    ["gzip", { body: gzip, headers: { "Content-Encoding": "gzip" } }, "/v1/traces", 200],
    ["broken gzip", { body: "x", headers: { "Content-Encoding": "gzip" } }, "/v1/traces", 400],
    ["brotli", { body: "x", headers: { "Content-Encoding": "br" } }, "/v1/traces", 415],
    [
      "another media type",
      { body: "x", headers: { "Content-Type": "text/plain" } },
      "/v1/traces",
      415,
    ],
    ["no JSON", { body: "{" }, "/v1/traces", 400],
    ["no request", { body: "[]" }, "/v1/metrics", 400],
    ["an unknown path", { body: "{}" }, "/v1/profiles", 404],
    ["a page's form", { body: "{}", headers: { Origin: "http://evil.example" } }, "/v1/logs", 403],
    ["no records", { body: "{}" }, "/v1/logs", 200],
  ];
  for (const [name, init, where, status] of rows) {
    const headers = { "Content-Type": "application/json", ...(init.headers as object) };
    const response = await fetch(server.otlp + where, { method: "POST", ...init, headers });
    assert.equal(response.status, status, name);
    const body = (await response.json()) as { message?: string };
    if (status !== 200) assert.ok((body.message ?? "").length > 5, `${name} says why`);
  }
  assert.equal((await fetch(`${server.otlp}/v1/traces`)).status, 405);
  server.signal("stop");
  assert.equal(await server.exit, 0);
});

test("a reload takes good files whole and refuses bad ones whole", async (t) => {
  const folder = temporaryFolder(t);
  const rules = path.join(folder, "rules.yml");
  const config = path.join(folder, "naruko.yml");
  const alert = (expr: string): string =>
    `groups: [{ name: g, rules: [{ alert: Always, expr: "${expr}" }] }]\n`;
  writeFileSync(config, `rules: [rules.yml]\n`);
  writeFileSync(rules, alert("vector(1)"));
  const server = await run([
    "serve",
    "--config",
    config,
    "--data",
    path.join(folder, "d"),
    ...FREE_PORTS,
  ]);
  const shown = async (): Promise<string> => (await fetch(`${server.http}/api/v1/rules`)).text();
  assert.match(await shown(), /vector\(1\)/);

  writeFileSync(rules, alert("vector(2)"));
  const good = await fetch(`${server.http}/-/reload`, { method: "POST" });
  assert.equal(good.status, 200);
  assert.match(await shown(), /vector\(2\)/);

  writeFileSync(rules, alert("vctor(3)"));
  const bad = await fetch(`${server.http}/-/reload`, { method: "POST" });
  assert.equal(bad.status, 400);
  assert.match(await bad.text(), /rules\.yml:1:\d+: .*unknown function "vctor"/);
  assert.match(await shown(), /vector\(2\)/);
  server.signal("stop");
  assert.equal(await server.exit, 0);
});

test("tokens, where they are set", async (t) => {
  const folder = temporaryFolder(t);
  const config = path.join(folder, "naruko.yml");
  writeFileSync(config, "auth: { ingest_token: '${IN}', admin_token: '${AD}' }\n");
  const args = ["serve", "--config", config, "--data", path.join(folder, "d"), ...FREE_PORTS];
  const server = await run(args, { IN: "ingest-secret", AD: "admin-secret" });
  const bearer = (token: string): object => ({ Authorization: `Bearer ${token}` });
  assert.equal((await send(server.otlp, {})).status, 401);
  assert.equal((await send(server.otlp, {}, bearer("admin-secret"))).status, 401);
  assert.equal((await send(server.otlp, {}, bearer("ingest-secret"))).status, 200);
  const ask = (where: string, headers = {}): Promise<Response> =>
    fetch(server.http + where, { headers });
  assert.equal((await ask("/metrics")).status, 401);
  assert.equal((await ask("/metrics", bearer("ingest-secret"))).status, 401);
  const metrics = await ask("/metrics", bearer("admin-secret"));
  assert.equal(metrics.status, 200);
  assert.ok(!/-secret/.test(await metrics.text()));
  assert.equal((await ask("/-/healthy")).status, 200);
  assert.equal((await ask("/-/ready")).status, 200);
  server.signal("stop");
  assert.equal(await server.exit, 0);
});

test("a start that cannot be is refused with the reason", async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "file");
  writeFileSync(file, "");
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
    [
      ["serve", "--port", String(port), "--otlp-http-port", "0", "--otlp-grpc-port", "0"],
      1,
      /in use.*choose others with --port/,
    ],
    [
      ["serve", "--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", String(port)],
      1,
      new RegExp(`in use.*:${port}; choose others with .*--otlp-grpc-port`),
    ],
    [["serve", "--port", "http"], 2, /--port: expected a whole number from 0 to 65535/],
    [["serve", "--prot", "1"], 2, /unknown option --prot; there are --help, --config/],
    [["serve", "now"], 2, /takes no "now"/],
    [["serve", "--config", path.join(folder, "no.yml")], 1, /no\.yml: cannot be read/],
    [["serve", "--host", "0.0.0.0"], 1, /lets others in; set auth\.ingest_token/],
    [
      ["serve", ...FREE_PORTS, "--data", path.join(file, "d")],
      1,
      /cannot be written: .*Choose another with --data/,
    ],
    [["srve"], 2, /unknown command "srve"; there are serve/],
  ];
  for (const [args, code, told] of rows) {
    const data = args.includes("--data") ? [] : ["--data", path.join(folder, "d")];
    const ended = await run(args[0] === "serve" ? [...args, ...data] : args);
    assert.equal(await ended.exit, code, args.join(" "));
    assert.match(ended.told(), told);
    assert.equal(ended.printed(), "");
  }
});

test("OTLP over gRPC can be left out", async (t) => {
  const folder = temporaryFolder(t);
  const config = path.join(folder, "naruko.yml");
  writeFileSync(config, "listen: { port: 0, otlp_http_port: 0, otlp_grpc_port: false }\n");
  const server = await run(["serve", "--config", config, "--data", path.join(folder, "d")]);
  assert.doesNotMatch(server.printed(), /gRPC/);
  assert.doesNotMatch(await (await fetch(server.http)).text(), /gRPC/);
  server.signal("stop");
  assert.equal(await server.exit, 0);
});

test("a secret that went out of use does not keep the next start from happening", async (t) => {
  const folder = temporaryFolder(t);
  const config = path.join(folder, "naruko.yml");
  const args = ["serve", "--config", config, "--data", path.join(folder, "d"), ...FREE_PORTS];
  const routing = (url: string): string =>
    `routing: { route: { receiver: r }, receivers: [{ name: r, webhook_configs: [{ url: "${url}" }] }] }\n`;
  writeFileSync(config, routing("${HOOK}"));
  const first = await run(args, { HOOK: "http://127.0.0.1:9/secret" });
  first.signal("stop");
  assert.equal(await first.exit, 0);

  // The same file without the variable is refused, by name.
  const refused = await run(args);
  assert.equal(await refused.exit, 1);
  assert.match(refused.told(), /naruko\.yml:1:\d+: the environment variable HOOK is not set/);

  writeFileSync(config, "rules: []\n");
  const second = await run(args);
  assert.match(second.printed(), /send OTLP/);
  second.signal("stop");
  assert.equal(await second.exit, 0);
});
