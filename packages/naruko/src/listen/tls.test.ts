// All three ports with TLS: with certificates that openssl makes here, and clients of Node's own.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get, request } from "node:https";
import type { IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import { connect as connectPlainly } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import test, { after, before } from "node:test";
import type { TestContext } from "node:test";
import { connect } from "node:tls";
import type { ConnectionOptions } from "node:tls";
import { readTls, tlsWarnings } from "../config/read-tls.ts";
import { readConfig } from "../config/load-config.ts";
import { parseYaml } from "../config/parse-yaml.ts";
import { callGrpc, framed } from "../testing/call-grpc.ts";
import { hasOpenssl, makeAuthority, makeCertificate } from "../testing/make-certificates.ts";
import { runNaruko } from "../testing/run-naruko.ts";
import { serveNaruko } from "../testing/serve-naruko.ts";
import type { Serving } from "../testing/serve-naruko.ts";

const skip =
  hasOpenssl() || process.env["NARUKO_REQUIRE_PEERS"] === "1" ? false : "openssl is not here";

const made = mkdtempSync(path.join(tmpdir(), "naruko-tls-"));
const read = (name: string): Buffer => readFileSync(path.join(made, name));

before(() => {
  if (skip !== false) return;
  makeAuthority(made, "ca");
  makeAuthority(made, "other-ca");
  makeCertificate(made, "server", "ca");
  makeCertificate(made, "next", "ca");
  makeCertificate(made, "client", "ca");
  makeCertificate(made, "stranger", "other-ca");
});
after(() => {
  rmSync(made, { recursive: true, force: true });
});

const EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const NOTHING = { path: EXPORT, body: framed(Buffer.alloc(0)) };

/** A server whose `tls` names these files, of copies in a folder of its own. */
async function served(t: TestContext, more = ""): Promise<Serving & { readonly folder: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-tls-served-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const kind of ["pem", "key"]) {
    copyFileSync(path.join(made, `server.${kind}`), path.join(folder, `own.${kind}`));
  }
  copyFileSync(path.join(made, "ca.pem"), path.join(folder, "ca.pem"));
  const config = path.join(folder, "naruko.yml");
  writeFileSync(config, `tls: { cert_file: own.pem, key_file: own.key${more} }\n`);
  const data = path.join(folder, "data");
  return { ...(await serveNaruko(t, "--config", config, "--data", data)), folder };
}

async function ask(url: string, options: RequestOptions): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { ca: read("ca.pem"), agent: false, ...options }, resolve).once("error", reject);
  });
  return `${response.statusCode} ${await text(response)}`;
}

/** Connects to a port: with which version of TLS, and whose certificate it was shown. */
async function handshake(url: string, options: ConnectionOptions = {}): Promise<Shown> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), ca: read("ca.pem"), ...options });
  await new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve).once("error", reject);
  });
  const shown = { version: socket.getProtocol(), name: socket.getPeerCertificate().subject.CN };
  socket.destroy();
  return shown;
}

type Shown = { readonly version: string | null; readonly name: unknown };

async function failures({ http }: Serving): Promise<Readonly<Record<string, number>>> {
  const metrics = await ask(`${http}/metrics`, {});
  const found = metrics.matchAll(/^naruko_tls_failures_total\{port="(.+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, port = "", count]) => [port, Number(count)]));
}

test("every port is with TLS, from version 1.2 on", { skip }, async (t) => {
  const server = await served(t);
  const { http, otlp, grpc } = server;
  assert.deepEqual(
    [http, otlp, grpc].map((url) => new URL(url).protocol),
    Array(3).fill("https:"),
  );
  assert.match(await ask(`${http}/-/healthy`, {}), /^200 Naruko is healthy/);
  assert.match(await ask(http, {}), new RegExp(`${otlp}.*${grpc}`, "s"));
  assert.match(await ask(`${otlp}/v1/traces`, {}), /^405 /);
  const called = await callGrpc(grpc, { ...NOTHING, connection: { ca: read("ca.pem") } });
  assert.equal(called.code, 0);
  for (const url of [http, otlp, grpc]) {
    assert.equal((await handshake(url)).version, "TLSv1.3");
    assert.equal((await handshake(url, { maxVersion: "TLSv1.2" })).version, "TLSv1.2");
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" } as const;
    await assert.rejects(handshake(url, old), /protocol version|unsupported protocol/);
    await assert.rejects(handshake(url, { ca: read("other-ca.pem") }), /certificate/);
    await assert.rejects(fetch(url.replace("https:", "http:")));
  }
  for (const [port, count] of Object.entries(await failures(server))) {
    assert.ok(count >= 2, port);
  }
});

test("a connection that says nothing of TLS is closed and counted", { skip }, async (t) => {
  const server = await served(t, " }\nlimits: { headersMs: 50");
  for (const url of [server.http, server.otlp, server.grpc]) {
    assert.equal(await text(connectPlainly(Number(new URL(url).port), "127.0.0.1")), "");
  }
  assert.deepEqual(await failures(server), { http: 1, "otlp-http": 1, "otlp-grpc": 1 });
  const metrics = await ask(`${server.http}/metrics`, {});
  assert.match(metrics, /^naruko_limit_reached_total\{limit="headersMs"\} 3$/m);
});

test(
  "the port of gRPC tells an exporter of OTLP/HTTP where to go, over TLS too",
  { skip },
  async (t) => {
    const { grpc, otlp } = await served(t);
    await handshake(grpc, { ALPNProtocols: ["http/1.1"] });
    const { port } = new URL(otlp);
    assert.equal(
      await ask(`${grpc}/v1/traces`, {}),
      `400 this port takes OTLP over gRPC; OTLP over HTTP is taken on port ${port}\n`,
    );
  },
);

test("with a CA of clients, nobody gets in without a certificate of it", { skip }, async (t) => {
  const server = await served(t, ", client_ca_file: ca.pem");
  const { http, otlp, grpc } = server;
  const pair = (name: string) => ({ cert: read(`${name}.pem`), key: read(`${name}.key`) });
  const known = { ca: read("ca.pem"), ...pair("client") };
  assert.match(await ask(`${http}/-/ready`, known), /^200 /);
  assert.match(await ask(`${otlp}/v1/traces`, known), /^405 /);
  assert.equal((await callGrpc(grpc, { ...NOTHING, connection: known })).code, 0);
  for (const unknown of [{}, pair("stranger")]) {
    const connection = { ca: read("ca.pem"), ...unknown };
    await assert.rejects(ask(`${http}/-/healthy`, connection));
    await assert.rejects(ask(`${otlp}/v1/traces`, connection));
    await assert.rejects(callGrpc(grpc, { ...NOTHING, connection }));
  }
});

async function reload({ http }: Serving): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method: "POST", ca: read("ca.pem"), agent: false } as const;
    request(`${http}/-/reload`, options, resolve).once("error", reject).end();
  });
  return `${response.statusCode} ${await text(response)}`;
}

test("a reload takes another certificate, or leaves the one that works", { skip }, async (t) => {
  const server = await served(t);
  const urls = [server.http, server.otlp, server.grpc];
  const names = (): Promise<readonly unknown[]> =>
    Promise.all(urls.map(async (url) => (await handshake(url)).name));
  assert.deepEqual(await names(), ["server", "server", "server"]);
  copyFileSync(path.join(made, "next.pem"), path.join(server.folder, "own.pem"));
  const mismatch =
    /^400 refused.*tls\.key_file: \S+own\.key is not the key of the certificate in \S+own\.pem/s;
  assert.match(await reload(server), mismatch);
  assert.deepEqual(await names(), ["server", "server", "server"]);
  copyFileSync(path.join(made, "next.key"), path.join(server.folder, "own.key"));
  assert.match(await reload(server), /^200 /);
  assert.deepEqual(await names(), ["next", "next", "next"]);
});

/** What is wrong with the files, and what is told of it. */
const FAULTS: readonly (readonly [string, string, RegExp])[] = [
  [
    "a certificate that is not there",
    "cert_file: no.pem, key_file: server.key",
    /tls\.cert_file: \S+no\.pem cannot be read: ENOENT/,
  ],
  [
    "a key that is not there",
    "cert_file: server.pem, key_file: no.key",
    /tls\.key_file: \S+no\.key cannot be read/,
  ],
  [
    "the two mixed up",
    "cert_file: server.key, key_file: server.pem",
    /tls\.cert_file: \S+server\.key is no certificate in PEM/,
  ],
  [
    "a key that is none",
    "cert_file: server.pem, key_file: ca.pem",
    /tls\.key_file: \S+ca\.pem is no private key in PEM/,
  ],
  [
    "a key with a passphrase",
    "cert_file: server.pem, key_file: locked.key",
    /locked\.key is no private key in PEM .*, or has a passphrase/,
  ],
  [
    "another's key",
    "cert_file: server.pem, key_file: client.key",
    /client\.key is not the key of the certificate in \S+server\.pem/,
  ],
  [
    "a CA that is none",
    "cert_file: server.pem, key_file: server.key, client_ca_file: ca.key",
    /tls\.client_ca_file: \S+ca\.key is no certificate/,
  ],
  ["no key", "cert_file: server.pem", /naruko\.yml:1:6: tls\.key_file: expected a file's name/],
  [
    "a key of the configuration that there is not",
    "cert_file: server.pem, key_file: server.key, ca: x",
    /unknown key "ca"; known keys: cert_file, key_file, client_ca_file/,
  ],
];
for (const [name, tls, told] of FAULTS) {
  test(`a start and a check are refused: ${name}`, { skip }, async () => {
    const passphrase = {
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "x",
    } as const;
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileSync(path.join(made, "locked.key"), privateKey.export(passphrase));
    const config = path.join(made, "naruko.yml");
    writeFileSync(config, `tls: { ${tls} }\n`);
    const ports = ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"];
    const started = await runNaruko(
      "serve",
      "--config",
      config,
      "--data",
      path.join(made, "d"),
      ...ports,
    );
    assert.deepEqual([started.code, started.printed], [1, ""]);
    assert.match(started.told, told);
    const checked = await runNaruko("check", config);
    assert.equal(checked.code, 1);
    assert.match(checked.printed.replace(`${config}:1`, "naruko.yml:1"), told);
  });
}

test("a certificate that is not valid at this time is told of", { skip }, () => {
  const config = `tls: { cert_file: ${made}/server.pem, key_file: ${made}/server.key }`;
  const files = readTls(readConfig(parseYaml("naruko.yml", config)));
  const day = 86_400_000;
  assert.deepEqual(tlsWarnings(files, Date.now()), []);
  assert.match(tlsWarnings(files, Date.now() + 3 * day).join(), /tls\.cert_file: .*expired on 2/);
  assert.match(tlsWarnings(files, Date.now() - day).join(), /not valid before 2/);
  assert.deepEqual(tlsWarnings(undefined, 0), []);
});

test("query and check ask a server with TLS, and say what they lack", { skip }, async (t) => {
  const { http, folder } = await served(t, ", client_ca_file: ca.pem");
  const { http: plain } = await serveNaruko(t, "--data", path.join(folder, "plain"));
  const file = (name: string): string => path.join(made, name);
  const ca = ["--ca-file", file("ca.pem")];
  const own = ["--cert-file", file("client.pem"), "--key-file", file("client.key")];
  const named = await runNaruko("query", "1 + 1", "--url", http, ...ca, ...own);
  assert.deepEqual([named.code, named.told], [0, ""]);
  assert.match(named.printed, /2/);
  const found = await runNaruko(
    "query",
    "1 + 1",
    "--data",
    path.join(folder, "data"),
    ...ca,
    ...own,
  );
  assert.equal(found.told, "");
  const rules = file("rules.yml");
  writeFileSync(rules, "groups: [{ name: g, rules: [{ record: a, expr: no_such_metric }] }]\n");
  const checked = await runNaruko("check", rules, "--url", http, ...ca, ...own);
  assert.match(checked.printed, /no_such_metric/);
  const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["--url", http], 1, /does not answer: .*certificate.*; name the CA to trust with --ca-file/],
    [["--url", plain.replace("http", "https")], 1, /; it is without TLS: ask it by http:/],
    [
      ["--url", http, ...ca],
      1,
      /: tlsv13 alert certificate required.*; it wants a certificate.*--cert-file/,
    ],
    [["--url", http.replace("https", "http")], 1, /; if it has TLS, ask it by https:/],
    [["--url", http, ...ca, "--cert-file", file("client.pem")], 2, /--cert-file and --key-file go/],
    [["--url", http, "--ca-file", file("no.pem")], 1, /no such file.*no\.pem/],
  ];
  for (const [args, code, told] of rows) {
    const ran = await runNaruko("query", "1", ...args);
    assert.match(ran.told, told);
    assert.equal(ran.code, code);
  }
});
