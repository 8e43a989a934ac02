// A whole program in a folder of its own, and what it leaves on disk.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { epochMs } from "@naruko/core/model/time";
import { systemWorld } from "../commands/system-world.ts";
import { databaseFileOf } from "../disk/data-dir.ts";
import { openDuckDbDisk } from "../disk/duckdb-disk.ts";
import { main } from "../main.ts";

/** `naruko serve` in a folder of its own. */
export type Serving = {
  readonly folder: string;
  readonly http: string;
  readonly otlp: string;
  readonly told: () => string;
  readonly stop: () => Promise<void>;
};

/** Runs `naruko serve` with a configuration in a folder of its own; only words on stderr are kept. */
export async function serving(
  t: TestContext,
  config: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-serving-"));
  writeFileSync(path.join(folder, "naruko.yml"), config);
  const rules = `groups: [{ name: g, rules: [{ alert: Always, expr: "vector(1)" }] }]\n`;
  writeFileSync(path.join(folder, "rules.yml"), rules);
  let printed = "";
  let told = "";
  let signal: ((what: "stop") => void) | undefined;
  const events = new EventEmitter();
  const greeted = once(events, "greeted");
  const files = ["--config", path.join(folder, "naruko.yml"), "--data", path.join(folder, "data")];
  const exit = main(
    ["serve", ...files, "--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"],
    {
      ...systemWorld(),
      environment,
      print: (text) => {
        printed += text;
        if (text.includes("send OTLP")) events.emit("greeted");
      },
      tell: (text) => (told += text),
      onSignal: (handler) => {
        signal = handler;
        return () => undefined;
      },
    },
  );
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) signal?.("stop");
    stopped = true;
    await exit;
  };
  t.after(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });
  await Promise.race([greeted, exit]);
  const [http = "", otlp = ""] = [...printed.matchAll(/http:\/\/\S+/g)].map(([url]) => url);
  assert.notEqual(otlp, "", told);
  return { folder, http, otlp, told: () => told, stop };
}

/** Which of some words stand in any file of the data directory. */
export function onDisk(folder: string, words: readonly string[]): string[] {
  const data = path.join(folder, "data");
  const files = readdirSync(data, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(data, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file));
  return words.filter((word) => files.some((bytes) => bytes.includes(word)));
}

/** What a stopped server left, decoded: the files themselves may hold it compressed. */
export type Left = {
  /** For its next start: the snapshot, and the inputs behind it. */
  readonly restart: string;
  /** Calls and evaluations. */
  readonly history: string;
};

export async function stored(folder: string): Promise<Left> {
  const disk = await openDuckDbDisk(databaseFileOf(path.join(folder, "data")));
  assert.ok(disk.ok);
  const recovery = await disk.value.recover("latest");
  assert.ok(recovery.ok);
  const { snapshot } = recovery.value;
  const parts = [snapshot?.state, Buffer.from(snapshot?.heads ?? []).toString("latin1")];
  for await (const input of disk.value.inputsAfter(0)) parts.push(JSON.stringify(input));
  const history: string[] = [];
  const always = { from: epochMs(0), to: epochMs(8.64e15) };
  for await (const input of disk.value.history(always)) history.push(JSON.stringify(input));
  await disk.value.close();
  return { restart: parts.join("\n"), history: history.join("\n") };
}
