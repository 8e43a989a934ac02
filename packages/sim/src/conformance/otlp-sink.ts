import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { closeAtOnce, openOnLoopback } from "../loopback.ts";

/** A request of OTLP in JSON, as it came. */
export type Delivered = {
  readonly path: string;
  readonly body: unknown;
  /** What the sender said that it is about to do, by `POST /begin`; empty where it says nothing. */
  readonly begun: string;
};

/** Takes OTLP over HTTP in JSON, and keeps it. */
export class OtlpSink {
  readonly delivered: Delivered[] = [];
  #begun = "";
  readonly #server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const raw = Buffer.concat(pieces);
      const gzipped = request.headers["content-encoding"] === "gzip";
      const text = (gzipped ? gunzipSync(raw) : raw).toString("utf8");
      const { url = "" } = request;
      if (url === "/begin") this.#begun = text;
      else this.delivered.push({ path: url, body: JSON.parse(text), begun: this.#begun });
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
