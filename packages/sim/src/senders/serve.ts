import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import type { World } from "naruko/commands/command";
import { systemWorld } from "naruko/commands/system-world";
import { main } from "naruko/main";

/** A `naruko serve` in this process. */
export type Serving = {
  /** Base of the API's URLs, and of those that telemetry is sent to. */
  readonly http: string;
  readonly otlp: string;
  readonly grpc: string;
  /** What it logged: nothing while all is well. */
  readonly told: () => string;
  /** Stops it, and resolves to what the process would exit with. */
  readonly stop: () => Promise<number>;
};

/** Starts `naruko serve` on free ports, with a data directory of its own. */
export async function serve(dataFolder: string): Promise<Serving> {
  let printed = "";
  let told = "";
  const events = new EventEmitter();
  const greeting = once(events, "greeting");
  const world: World = {
    ...systemWorld(),
    environment: {},
    print: (text) => {
      printed += text;
      if (text.includes("send OTLP")) events.emit("greeting");
    },
    tell: (text) => (told += text),
    onSignal: (onSignal) => {
      events.on("stop", () => {
        onSignal("stop");
      });
      return () => undefined;
    },
  };
  const ports = ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"];
  const exit = main(["serve", "--data", dataFolder, ...ports], world);
  await Promise.race([greeting, exit]);
  const [http = "", otlp = "", grpc = ""] = [...printed.matchAll(/https?:\/\/\S+/g)].map(
    ([url]) => url,
  );
  assert.notEqual(grpc, "", `naruko serve did not start: ${told}`);
  return {
    http,
    otlp,
    grpc,
    told: () => told,
    stop: () => {
      events.emit("stop");
      return exit;
    },
  };
}

export type Row = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** Asks `/api/v1/query` at this moment. */
export async function query({ http }: Serving, expr: string): Promise<readonly Row[]> {
  const response = await fetch(`${http}/api/v1/query?query=${encodeURIComponent(expr)}`);
  assert.ok(response.ok, expr);
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
