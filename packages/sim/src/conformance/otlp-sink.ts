import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { closeAtOnce, openOnLoopback } from "../loopback.ts";

/** A request of OTLP in JSON, as it came. */
export type Delivered = { readonly path: string; readonly body: unknown };

/** Takes OTLP over HTTP in JSON, and keeps it. */
export class OtlpSink {
  readonly delivered: Delivered[] = [];
  readonly #server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const raw = Buffer.concat(pieces);
      const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
      this.delivered.push({ path: request.url ?? "", body: JSON.parse(text.toString("utf8")) });
      response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    });
  });

  start(): Promise<string> {
    return openOnLoopback(this.#server);
  }

  stop(): Promise<void> {
    return closeAtOnce(this.#server);
  }
}
