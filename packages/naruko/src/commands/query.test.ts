import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { main } from "../main.ts";
import { systemWorld } from "./system-world.ts";

/** Runs `naruko ARGS` at 2026-11-02T10:04:00Z and gives back its exit code and texts. */
async function naruko(...args: readonly string[]) {
  let printed = "";
  let told = "";
  const world = systemWorld();
  const code = await main(args, {
    ...world,
    environment: {},
    clock: { ...world.clock, wallMs: () => 1_793_613_840_000 },
    print: (text) => (printed += text),
    tell: (text) => (told += text),
  });
  return { code, printed, told };
}

const misused: readonly (readonly [readonly string[], RegExp])[] = [
  [["query"], /expected one expression; quote it/],
  [["query", "up", "down"], /expected one expression/],
  [["query", "up", "--at", "noon"], /--at: expected 2026-11-02T10:04:00Z or seconds/],
  [["query", "up", "--to", "5"], /--to and --step need --from/],
  [["query", "up", "--from", "5", "--to", "1"], /--to lies before --from/],
  [["query", "up", "--from", "5", "--step", "0"], /--step: expected a duration/],
  [["query", "up", "--from", "5", "--at", "6"], /give one/],
  [["query", "up", "--url", "http://x", "--data", "d"], /give one of them/],
  [["query", "up", "--enable-feature", "promql-duration-expr"], /a server has the features of/],
  [["query", "up", "--data", "d", "--enable-feature", "magic"], /unknown "magic"; there are/],
];
for (const [args, told] of misused) {
  test(args.join(" "), async () => {
    const run = await naruko(...args);
    assert.equal(run.code, 2);
    assert.match(run.told, told);
    assert.equal(run.printed, "");
  });
}

test("no server, and no data directory", async () => {
  const away = await naruko("query", "up", "--url", "http://127.0.0.1:1");
  assert.equal(away.code, 1);
  assert.match(away.told, /does not answer: .*is `naruko serve` running there\?/);
  const none = await naruko("query", "up", "--data", "/no/such/folder");
  assert.equal(none.code, 1);
  assert.match(none.told, /is no data directory/);
});

test("a directory is asked through the server that holds it, and by itself after", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-query-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  let stop: () => void = () => undefined;
  let greeted: () => void = () => undefined;
  const greeting = new Promise<void>((resolve) => (greeted = resolve));
  const serving = main(
    ["serve", "--data", folder, "--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"],
    {
      ...systemWorld(),
      environment: {},
      print: () => {
        greeted();
      },
      onSignal: (run) => {
        stop = () => {
          run("stop");
        };
        return () => undefined;
      },
    },
  );
  await greeting;
  const held = await naruko("query", "vector(1) + 1", "--data", folder);
  assert.deepEqual(held, { code: 0, printed: "{}  2\n", told: "" });
  const odd = ["query", "quantile(2, vector(1))", "--data", folder];
  const noted = {
    code: 0,
    printed: "{}  +Inf\n",
    told: "naruko: PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)\n",
  };
  assert.deepEqual(await naruko(...odd), noted);
  stop();
  assert.equal(await serving, 0);
  const range = ["--from", "2026-11-02T10:00:00Z", "--to", "1793613615"];
  assert.deepEqual(await naruko("query", "time()", ...range, "--data", folder), {
    code: 0,
    printed: "{}\n  2026-11-02T10:00:00.000Z  1793613600\n  2026-11-02T10:00:15.000Z  1793613615\n",
    told: "",
  });
  assert.equal((await naruko("query", "up", "--data", folder)).printed, "no series\n");
  assert.equal(
    (await naruko("query", "1", "--json", "--data", folder)).printed,
    '{"resultType":"scalar","result":[1793613840,"1"]}\n',
  );
  assert.deepEqual(await naruko(...odd), noted);
  const experimental = ["query", "limitk(1, vector(1))", "--data", folder];
  assert.match((await naruko(...experimental)).told, /"limitk" is experimental/);
  const feature = ["--enable-feature", "promql-experimental-functions"];
  assert.equal((await naruko(...experimental, ...feature)).printed, "{}  1\n");
  const bad = await naruko("query", "rat(up[5m])", "--data", folder);
  assert.equal(bad.code, 1);
  assert.match(bad.told, /1:1: unknown function "rat"; did you mean "rate"\?/);
});
