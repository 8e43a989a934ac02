// Other runtimes than Node, with the SDK as it is built: what they tell is what Node tells.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { closeAtOnce, openOnLoopback } from "../loopback.ts";
import { completion, completionStream, WORDS } from "../provider-stubs/openai-wire.ts";
import { ProviderStub } from "../provider-stubs/provider-stub.ts";
import { OtlpSink } from "./otlp-sink.ts";
import { type Ended, runApplication } from "./run-application.ts";
import { telemetryText } from "./telemetry-text.ts";

const BINARIES = path.join(import.meta.dirname, "../../senders/runtimes/node_modules/.bin");
/** How each runtime starts a program. */
const RUNTIMES: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  node: [process.execPath],
  bun: [path.join(BINARIES, "bun")],
  deno: [path.join(BINARIES, "deno"), "run", "--allow-all"],
};
const TEXT = WORDS.join("");

/** Runs the program by a runtime, with the provider's stub, and telemetry sent to `otlpUrl`. */
async function run(
  t: TestContext,
  runtime: string,
  otlpUrl: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const answers = [completion({ id: "first" }), completionStream({ id: "second" })];
  const stub = new ProviderStub(new Map([["host", answers]]));
  const url = await stub.start();
  t.after(() => stub.stop());
  const [command, ...args] = RUNTIMES[runtime] ?? assert.fail(runtime);
  const environment = {
    OPENAI_BASE_URL: `${url}/host/v1`,
    OPENAI_API_KEY: "none",
    DENO_NO_UPDATE_CHECK: "1",
    NARUKO_INCLUDE_USAGE: "always",
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
    ...more,
  };
  return runApplication("runtimes", [...args, "host.mjs"], environment, { command });
}

async function told(
  t: TestContext,
  runtime: string,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly ended: Ended; readonly text: string; readonly paths: readonly string[] }> {
  const sink = new OtlpSink();
  const otlpUrl = await sink.start();
  t.after(() => sink.stop());
  const ended = await run(t, runtime, otlpUrl, more);
  const paths = sink.delivered.map((delivered) => delivered.path).toSorted();
  return { ended, text: telemetryText(sink.delivered, "host"), paths };
}

const ENDED = { code: 0, signal: null, printed: `${TEXT}\n${TEXT}\n`, told: "" };
const PATHS = ["/v1/logs", "/v1/metrics", "/v1/traces"];

for (const runtime of ["bun", "deno"]) {
  const required = process.env["NARUKO_REQUIRE_PEERS"] === "1";
  const installed = existsSync(path.join(BINARIES, runtime)) || required;
  const skip = installed ? false : "npm test installs the packages of senders/runtimes";

  test(
    `${runtime} tells what Node tells, when it ends and when it is ended`,
    { skip },
    async (t) => {
      const usual = await told(t, "node");
      assert.match(usual.text, /^ {2}gen_ai\.usage\.output_tokens = 12$/m);
      const ended = await told(t, runtime);
      assert.deepEqual(ended, { ended: ENDED, text: usual.text, paths: PATHS });
      const exits = await told(t, runtime, { HOST_EXITS: "3" });
      assert.deepEqual(exits, { ended: { ...ENDED, code: 3 }, text: usual.text, paths: PATHS });
    },
  );

  test(
    `${runtime}: a server of telemetry that is silent or absent holds nothing`,
    { skip },
    async (t) => {
      const silent = createServer(() => undefined);
      const silentUrl = await openOnLoopback(silent);
      t.after(() => closeAtOnce(silent));
      for (const otlpUrl of [silentUrl, "http://127.0.0.1:9"]) {
        assert.deepEqual(await run(t, runtime, otlpUrl), ENDED);
        assert.deepEqual(await run(t, runtime, otlpUrl, { HOST_EXITS: "3" }), {
          ...ENDED,
          code: 3,
        });
      }
    },
  );
}
