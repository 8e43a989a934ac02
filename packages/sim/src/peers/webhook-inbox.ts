import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a webhook is told, in Alertmanager's JSON, as far as tests look at it. */
export type WebhookMessage = {
  readonly status: "firing" | "resolved";
  readonly version: string;
  readonly receiver: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly {
    readonly status: "firing" | "resolved";
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
};

export type Received = {
  readonly message: WebhookMessage;
  readonly idempotencyKey: string | undefined;
};

const PATIENCE_MS = 30_000;

/** A receiver of webhooks that keeps what it is told. */
export class WebhookInbox {
  readonly received: Received[] = [];
  readonly #arrivals = new EventEmitter();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const key = request.headers["idempotency-key"];
      const message = JSON.parse(Buffer.concat(chunks).toString()) as WebhookMessage;
      this.received.push({ message, idempotencyKey: typeof key === "string" ? key : undefined });
      response.statusCode = this.#refusals-- > 0 ? 503 : 200;
      response.end();
      this.#arrivals.emit("message");
    });
  });
  #refusals: number;

  /** @param refusals how many messages are answered 503, from the first on */
  constructor(refusals = 0) {
    this.#refusals = refusals;
  }

  /** Opens a free port and returns the address to tell. */
  async open(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    // A listening TCP server has an address with a port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** The first message that passes, once it has come. */
  async waitFor(passes: (received: Received) => boolean): Promise<Received> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = this.received.find(passes);
      if (found !== undefined) return found;
      await once(this.#arrivals, "message", { signal });
    }
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
