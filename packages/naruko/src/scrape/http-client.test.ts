import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { readConfig } from "../config/load-config.ts";
import { parseYaml } from "../config/parse-yaml.ts";
import { hasOpenssl, makeAuthority, makeCertificate } from "../testing/make-certificates.ts";
import { startTarget } from "../testing/scraping.ts";
import { Requester, type HttpAnswer } from "./http-client.ts";

const skip =
  hasOpenssl() || process.env["NARUKO_REQUIRE_PEERS"] === "1" ? false : "openssl is not here";

const CERTIFICATES = mkdtempSync(path.join(tmpdir(), "naruko-certificates-"));
test.before(() => {
  if (skip !== false) return;
  makeAuthority(CERTIFICATES, "ca");
  makeCertificate(CERTIFICATES, "server", "ca", "DNS:exporter.test");
  makeCertificate(CERTIFICATES, "client", "ca");
});
test.after(() => {
  rmSync(CERTIFICATES, { recursive: true });
});

function requester(context: TestContext, keys: string, folder = CERTIFICATES): Requester {
  const text = `scrape_configs: [{ job_name: a, ${keys} }]`;
  const [config] = readConfig(parseYaml("naruko.yml", text)).config.scrape_configs;
  assert.ok(config);
  const made = new Requester(config, folder);
  context.after(() => {
    made.close();
  });
  return made;
}

function get(from: Requester, url: string): Promise<HttpAnswer> {
  const signal = new AbortController().signal;
  return from.send({ url, method: "GET", headers: {}, timeoutMs: 10_000, maxBytes: 1000, signal });
}

const identities: readonly (readonly [keys: string, header: string | undefined])[] = [
  ["", undefined],
  ["basic_auth: { username: u, password: p }", "Basic dTpw"],
  ["basic_auth: { username: u, password_file: secret }", "Basic dTpmcm9tIGEgZmlsZQ=="],
  ["authorization: { credentials: abc }", "Bearer abc"],
  ["authorization: { type: Key, credentials_file: secret }", "Key from a file"],
];
for (const [keys, header] of identities) {
  test(`a request with ${keys || "nothing"} has ${header ?? "no identity"}`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "naruko-http-"));
    t.after(() => {
      rmSync(folder, { recursive: true });
    });
    writeFileSync(path.join(folder, "secret"), "from a file\n");
    const { address, requests } = await startTarget(t, "");
    await get(requester(t, keys, folder), `http://${address}/`);
    assert.equal(requests[0]?.headers.authorization, header);
  });
}

test("an address may hold the identity, which is not sent as part of it", async (t) => {
  const { address, requests } = await startTarget(t, "");
  await get(requester(t, ""), `http://u:p%20q@${address}/x?y=z`);
  assert.equal(requests[0]?.headers.authorization, "Basic dTpwIHE=");
  assert.equal(requests[0].url, "/x?y=z");
});

test("headers of the user's own are sent, all values of each", async (t) => {
  const { address, requests } = await startTarget(t, "");
  await get(
    requester(t, "http_headers: { X-Scope: { values: [a, b], secrets: [c] } }"),
    `http://${address}/`,
  );
  assert.equal(requests[0]?.headers["x-scope"], "a, b, c");
});

test("a redirect is followed, with credentials only to the host that was written down", async (t) => {
  const other = await startTarget(t, "there");
  const target = await startTarget(t, (request, response) => {
    const location = request.url === "/1" ? "/2" : `http://${other.address}/3`;
    response.writeHead(302, { Location: location }).end();
  });
  const from = requester(
    t,
    "authorization: { credentials: abc }, http_headers: { X-Key: { secrets: [k] } }",
  );
  const answer = await get(from, `http://${target.address}/1`);
  assert.equal(answer.ok && answer.body.toString(), "there");
  const sent = [...target.requests, ...other.requests].map(({ url, headers }) => [
    url,
    headers.authorization,
    headers["x-key"],
  ]);
  assert.deepEqual(sent, [
    ["/1", "Bearer abc", "k"],
    ["/2", "Bearer abc", "k"],
    ["/3", undefined, undefined],
  ]);
});

/** An https server that wants a certificate of our own authority, too. */
async function startSecure(context: TestContext): Promise<string> {
  const file = (name: string): Buffer => readFileSync(path.join(CERTIFICATES, name));
  const options = {
    ca: file("ca.pem"),
    cert: file("server.pem"),
    key: file("server.key"),
    requestCert: true,
  };
  const server = createServer(options, (_request, response) => response.end("secret"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const OWN = "cert_file: client.pem, key_file: client.key";
const secure: readonly (readonly [tls: string, outcome: RegExp])[] = [
  [`ca_file: ca.pem, server_name: exporter.test, ${OWN}`, /^secret$/],
  [`insecure_skip_verify: true, ${OWN}`, /^secret$/],
  [`server_name: exporter.test, ${OWN}`, /self-signed certificate|unable to (get|verify)/],
  [`ca_file: ca.pem, ${OWN}`, /IP: 127\.0\.0\.1 is not in the cert's list/],
  ["ca_file: ca.pem, server_name: exporter.test", /certificate required|socket hang up|ECONNRESET/],
  ["ca_file: missing.pem", /ENOENT/],
];
for (const [tls, outcome] of secure) {
  test(`over TLS with ${tls}`, { skip }, async (t) => {
    const answer = await get(requester(t, `tls_config: { ${tls} }`), await startSecure(t));
    assert.match(answer.ok ? answer.body.toString() : answer.reason, outcome);
  });
}
