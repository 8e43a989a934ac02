// OpenTelemetry's exporters over TLS, by every road: with our own CA, certificates of clients, and tokens.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { hasOpenssl, makeAuthority, makeCertificate } from "naruko/testing/make-certificates";
import { runNaruko } from "naruko/testing/run-naruko";
import { serveNaruko } from "naruko/testing/serve-naruko";
import { CASES } from "./cases.ts";
import { ModelStub } from "./model-stub.ts";
import { missingSenders, runSender, SENDERS } from "./senders.ts";

/** A sender takes two seconds on an idle machine. */
const SENDER_LIMIT_MS = 60_000;
const TOKEN = "token-of-senders";
const ROADS = ["by-hand-3", "by-hand-2", "by-hand-grpc"];

const isHere = hasOpenssl() && missingSenders().length === 0;
const skip =
  isHere || process.env["NARUKO_REQUIRE_PEERS"] === "1"
    ? false
    : "needs openssl, and packages that npm test installs";

function named(url: string): string {
  return url.replace("127.0.0.1", "localhost");
}

test("calls arrive over TLS by every road, and by none without trust", { skip }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-tls-senders-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  makeAuthority(folder, "ca");
  for (const name of ["server", "client"]) makeCertificate(folder, name, "ca");
  const file = (name: string): string => path.join(folder, name);
  writeFileSync(
    file("naruko.yml"),
    `tls: { cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem }
auth: { ingest_token: ${TOKEN} }
`,
  );
  const data = ["--data", file("data")];
  const server = await serveNaruko(t, "--config", file("naruko.yml"), ...data);
  const stub = new ModelStub();
  const modelUrl = await stub.start();
  t.after(() => stub.stop());

  const trust = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: file("ca.pem"),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file("client.pem"),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: file("client.key"),
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${TOKEN}`,
  };
  const cases = CASES.filter(({ name }) => name === "chat");
  const signal = AbortSignal.timeout(SENDER_LIMIT_MS);
  // By name: an address is no name of a server in TLS, and grpc-js would send it as one.
  const urls = { otlpUrl: named(server.otlp), grpcUrl: named(server.grpc) };
  const around = { modelUrl, ...urls, cases, signal };
  const run = async (environment: Readonly<Record<string, string>>, suffix: string) =>
    Promise.all(
      SENDERS.filter(({ service }) => ROADS.includes(service)).map(async (sender) => {
        const service = sender.service + suffix;
        const own = { ...sender.environment, ...environment, OTEL_EXPORTER_OTLP_TIMEOUT: "2000" };
        return runSender({ ...sender, service, environment: own }, around);
      }),
    );
  for (const { code, told } of await run(trust, "")) assert.deepEqual([code, told], [0, ""]);
  const { OTEL_EXPORTER_OTLP_HEADERS: _token, ...tokenless } = trust;
  for (const { told } of await run(tokenless, "-tokenless"))
    assert.match(told, /Bearer|401|Unauth/);
  for (const { told } of await run({}, "-unknown")) assert.notEqual(told, "");

  const own = ["--cert-file", file("client.pem"), "--key-file", file("client.key")];
  const ask = ["--url", server.http, "--ca-file", file("ca.pem"), ...own, "--json"];
  const expr = "sum by (service_name) (llm_operation_duration_seconds_count)";
  const { printed, told } = await runNaruko("query", expr, ...ask);
  assert.equal(told, "");
  const { result } = JSON.parse(printed) as {
    result: { metric: { service_name: string }; value: [number, string] }[];
  };
  const counts = Object.fromEntries(
    result.map(({ metric, value }) => [metric.service_name, value[1]]),
  );
  assert.deepEqual(counts, Object.fromEntries(ROADS.map((service) => [service, "3"])));
});
