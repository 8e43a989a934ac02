import { once } from "node:events";
import path from "node:path";
import { assert } from "@naruko/core/model/assert";
import type { World } from "naruko/commands/command";
import { systemWorld } from "naruko/commands/system-world";
import { firstTick } from "naruko/drive/replay";
import { VirtualClock } from "naruko/drive/virtual-clock";
import { main } from "naruko/main";
import type { CollectorLine } from "./collector-lines.ts";
import { keptTransitions } from "./kept-transitions.ts";

export type LiveOptions = {
  /** The data directory. */
  readonly folder: string;
  readonly config: string;
  /** Between two ticks, as the configuration has it. */
  readonly intervalMs: number;
};

/**
 * Sends lines as OTLP requests to `naruko serve`, real but for its clock, which stands still while a
 * request is under way and moves to the time of the next one's line. Returns the transitions that
 * are in its database afterwards, as replay prints them.
 */
export async function runLive(
  lines: Iterable<CollectorLine>,
  { folder, config, intervalMs }: LiveOptions,
): Promise<readonly string[]> {
  const args = ["--data", folder, "--config", config];
  let server: Serving | undefined;
  let clock: VirtualClock | undefined;
  let lastAt = 0;
  for (const { signal, json, at } of lines) {
    clock ??= new VirtualClock(at);
    server ??= await serve(clock, args);
    await clock.runTo(at, inTurn);
    await post(`${server.otlp}/v1/${signal}`, json);
    lastAt = at;
  }
  assert(server !== undefined && clock !== undefined, "there are lines");
  // Tick t runs as soon as time is past it.
  await clock.runTo(firstTick(lastAt, intervalMs) + 1, inTurn);
  await server.stop();
  return keptTransitions(path.join(folder, "naruko.duckdb"));
}

/** Timers on the way run in order; what they started is committed in order by itself. */
function inTurn(): Promise<void> {
  return Promise.resolve();
}

type Serving = { readonly otlp: string; readonly stop: () => Promise<void> };

async function serve(clock: VirtualClock, args: readonly string[]): Promise<Serving> {
  const texts = { printed: "", told: "" };
  const starting = new AbortController();
  let signal: ((signal: "stop" | "reload") => void) | undefined;
  const world: World = {
    ...systemWorld(),
    clock,
    environment: {},
    print: (text) => {
      texts.printed += text;
      if (text.includes("send OTLP")) starting.abort();
    },
    tell: (text) => {
      texts.told += text;
    },
    onSignal: (run) => {
      signal = run;
      return () => undefined;
    },
  };
  const exit = main(
    ["serve", ...args, "--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"],
    world,
  );
  const greeted = starting.signal.aborted || once(starting.signal, "abort");
  await Promise.race([greeted, exit]);
  const otlp = /send OTLP to (\S+)/.exec(texts.printed)?.[1];
  assert(otlp !== undefined, `the server runs: ${texts.told}`);
  return {
    otlp,
    stop: async () => {
      signal?.("stop");
      const code = await exit;
      assert(code === 0 && texts.told === "", `nothing to report: ${code} ${texts.told}`);
    },
  };
}

async function post(url: string, body: string): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body });
  const answer = await response.text();
  // Anything else would tell what was rejected.
  assert(response.status === 200 && answer === "{}", `${url}: ${answer}`);
}
