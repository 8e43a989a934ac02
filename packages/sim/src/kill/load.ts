import { Random } from "../random.ts";

const SPANS_A_BATCH = 12;
const MODELS: readonly [string, ...string[]] = ["large", "small"];
/** How long a connection waits before it asks again whether the server is back. */
const ASK_AGAIN_MS = 20;

/** What one connection sent and had acknowledged. */
export type Sent = {
  readonly service: string;
  /** Span ids by model. */
  readonly spans: Map<string, string[]>;
  /** Of the gauge: time in ms and value. */
  readonly gauge: (readonly [number, number])[];
  /** What the deltas of the counter add up to. */
  requests: number;
};

type Batch = { readonly path: string; readonly body: string; readonly note: () => void };

/** One exporter on a connection of its own: a batch after the other, each until it is acknowledged. */
export class Connection {
  readonly sent: Sent;
  readonly #random: Random;
  readonly #server: () => string | undefined;
  readonly #acknowledged: () => void;
  #stopping = false;
  #abandoned = false;
  #lastMs = 0;
  #count = 0;

  /** @param server where the server answers at the moment; `undefined` while it is down */
  constructor(
    name: string,
    seed: number,
    server: () => string | undefined,
    acknowledged: () => void,
  ) {
    this.#random = new Random(seed, name);
    this.#server = server;
    this.#acknowledged = acknowledged;
    this.sent = { service: name, spans: new Map(), gauge: [], requests: 0 };
  }

  /** Sends until `stop`, and to the end what it has begun. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      const batch = this.#random.chance(0.5) ? this.#spans() : this.#points();
      while (!(await this.#post(batch))) {
        if (this.#abandoned) return;
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
      batch.note();
      this.#acknowledged();
    }
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Stops at once, whatever is not acknowledged. */
  abandon(): void {
    this.#stopping = true;
    this.#abandoned = true;
  }

  async #post({ path, body }: Batch): Promise<boolean> {
    const url = this.#server();
    if (url === undefined) return false;
    const headers = { "Content-Type": "application/json" };
    try {
      const response = await fetch(url + path, { method: "POST", body, headers });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      // The server died: whether it took the batch is not known, and the same batch is sent again.
      return false;
    }
  }

  #spans(): Batch {
    const random = this.#random;
    const model = random.pick(MODELS);
    const endMs = Date.now();
    const ids = Array.from({ length: SPANS_A_BATCH }, () => random.hex(16));
    const spans = ids.map((spanId) => ({
      traceId: spanId + spanId,
      spanId,
      name: "chat",
      startTimeUnixNano: `${endMs - 1000}000000`,
      endTimeUnixNano: `${endMs}000000`,
      attributes: attributes({ "gen_ai.operation.name": "chat", "gen_ai.request.model": model }),
    }));
    return {
      path: "/v1/traces",
      body: JSON.stringify({ resourceSpans: [{ ...this.#resource(), scopeSpans: [{ spans }] }] }),
      note: () => {
        this.sent.spans.set(model, [...(this.sent.spans.get(model) ?? []), ...ids]);
      },
    };
  }

  #points(): Batch {
    // A series has one sample a millisecond.
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    const atMs = this.#lastMs;
    const value = ++this.#count;
    const added = 1 + this.#random.int(9);
    const timeUnixNano = `${atMs}000000`;
    const gauge = (name: string, asDouble: number): object => ({
      name,
      gauge: { dataPoints: [{ timeUnixNano, asDouble }] },
    });
    const requests = {
      name: "kill_requests",
      sum: {
        aggregationTemporality: 1,
        isMonotonic: true,
        dataPoints: [{ timeUnixNano, asInt: String(added) }],
      },
    };
    const phase = Math.floor(atMs / 3000) % 2;
    const metrics = [gauge("kill_gauge", value), gauge("kill_phase", phase), requests];
    return {
      path: "/v1/metrics",
      body: JSON.stringify({
        resourceMetrics: [{ ...this.#resource(), scopeMetrics: [{ metrics }] }],
      }),
      note: () => {
        this.sent.gauge.push([atMs, value]);
        this.sent.requests += added;
      },
    };
  }

  #resource(): object {
    return { resource: { attributes: attributes({ "service.name": this.sent.service }) } };
  }
}

function attributes(record: Readonly<Record<string, string>>): object[] {
  return Object.entries(record).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}
