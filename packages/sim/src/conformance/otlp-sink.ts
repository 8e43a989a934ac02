import { once } from "node:events";
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

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

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
