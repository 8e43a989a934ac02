// A process of its own, so that its processor time is nobody's: the model that is asked, and what takes
// telemetry. The first part of a path is the variant's; its `counts` tell what of it came here.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as after } from "node:timers/promises";
import { openOnLoopback } from "../loopback.ts";
import { EVENTS, WHOLE } from "./stub-answers.ts";

/** Calls of the instrumented client, and what was told of them. */
export type Counts = { calls: number; spans: number; bytes: number };

const counts = new Map<string, Counts>();

const server = createServer((request, response) => {
  void answer(request, response);
});
// A client would ask on a connection that is closed for having been idle.
server.keepAliveTimeout = 600_000;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await textOf(request);
  const [, variant = "", what] = (request.url ?? "").split("/");
  const told = counts.get(variant) ?? { calls: 0, spans: 0, bytes: 0 };
  counts.set(variant, told);
  if (what === "counts") {
    response.end(JSON.stringify(told));
    return;
  }
  if (what === "otlp") {
    told.bytes += body.length;
    if (request.url?.endsWith("/traces") === true) told.spans += body.split('"spanId":').length - 1;
    response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    return;
  }
  if (what === "observed") told.calls += 1;
  if (!body.includes('"stream":true')) {
    response.writeHead(200, { "Content-Type": "application/json" }).end(WHOLE);
    return;
  }
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.socket?.setNoDelay(true);
  if (body.includes("-paced")) await writePaced(response);
  else writeAtOnce(response);
  response.end();
}

/**
 * Each event is a piece of its own, as the client reads it, but all leave in one packet or few: how
 * often the client is woken would otherwise be chance.
 */
function writeAtOnce(response: ServerResponse): void {
  response.socket?.cork();
  for (const event of EVENTS) response.write(event);
  response.socket?.uncork();
}

/** A chunk a millisecond, or as often as timers come. */
async function writePaced(response: ServerResponse): Promise<void> {
  for (const event of EVENTS) {
    response.write(event);
    await after(1);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

process.on("disconnect", () => process.exit(0));
process.send?.(await openOnLoopback(server));
