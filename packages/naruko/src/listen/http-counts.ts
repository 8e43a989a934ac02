import type { Family } from "./exposition.ts";

/** How the requests to one port were answered, by status. */
export class HttpCounts {
  readonly port: string;
  readonly byStatus: Map<number, number> = new Map();

  constructor(port: string) {
    this.port = port;
  }

  answered(status: number): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
  }
}

/** All answers, those included that were given before a request was whole. */
export function httpFamily(ports: readonly HttpCounts[]): Family {
  return {
    name: "naruko_http_requests_total",
    help: "HTTP requests by port and status of the answer.",
    type: "counter",
    samples: ports.flatMap(({ port, byStatus }) =>
      [...byStatus].map(([code, value]) => ({ labels: { port, code: String(code) }, value })),
    ),
  };
}
