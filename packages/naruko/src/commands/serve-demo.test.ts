import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { main } from "../main.ts";
import type { World } from "./command.ts";
import { systemWorld } from "./system-world.ts";

type Signal = "stop" | "reload";

test("the demo says what it is, and leaves nothing behind", async (t) => {
  const handlers = new Set<(signal: Signal) => void>();
  let printed = "";
  let told = "";
  let greeted: () => void = () => undefined;
  const greeting = new Promise<void>((resolve) => (greeted = resolve));
  const world: World = {
    ...systemWorld(),
    environment: {},
    isTerminal: true,
    print: (text) => {
      printed += text;
      greeted();
    },
    tell: (text) => (told += text),
    onSignal: (run) => {
      handlers.add(run);
      return () => handlers.delete(run);
    },
  };
  const exit = main(
    ["serve", "--demo", "--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"],
    world,
  );
  await Promise.race([greeting, exit]);
  t.after(() => {
    for (const handler of handlers) handler("stop");
  });
  assert.match(printed, /DEMO: .*simulated/);
  assert.match(told, /simulating 26 hours.*\[#+\.*\] \d+ %/s);
  const [, url = ""] = /status page +(\S+)/.exec(printed) ?? [];
  const [, folder = ""] = /its data +(\S+),/.exec(printed) ?? [];
  assert.ok(existsSync(folder));
  const answer = await fetch(
    `${url}/api/v1/query?query=count(llm_operation_duration_seconds_count)`,
  );
  assert.match(await answer.text(), /"status":"success".*"value":/);
  const active = await (await fetch(`${url}/api/v1/alerts`)).text();
  assert.match(active, /LLMHighErrorRate/);
  assert.doesNotMatch(active, /LLMCostAnomaly/, "the false alarm of the first day is over");
  for (const handler of handlers) handler("stop");
  assert.equal(await exit, 0);
  assert.ok(!existsSync(folder));
  assert.equal(handlers.size, 0);
});

test("a demo that cannot be is refused before its history is made", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-demo-test-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const secure = path.join(folder, "tls.yml");
  writeFileSync(secure, "tls: { cert_file: a.pem, key_file: a.key }\n");
  const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["--data", "x"], 2, /leave --data out/],
    [["--config", "no.yml"], 1, /no\.yml: cannot be read/],
    [["--config", secure], 1, /leave tls out of the file/],
    [["--host", "0.0.0.0"], 1, /lets others in/],
    [["--port", String(port)], 1, /in use.*choose others with --port/],
  ];
  for (const [args, code, expected] of rows) {
    let told = "";
    const world: World = {
      ...systemWorld(),
      environment: {},
      print: () => assert.fail("nothing to greet with"),
      tell: (text) => (told += text),
    };
    assert.equal(await main(["serve", "--demo", ...args], world), code, args.join(" "));
    assert.match(told, expected);
    assert.doesNotMatch(told, /simulating/);
  }
});
