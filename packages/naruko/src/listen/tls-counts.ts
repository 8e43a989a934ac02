import type { Family } from "./exposition.ts";

/** Connections that did not come to TLS, by port: senders that trust another CA are silent elsewhere. */
export class TlsCounts {
  readonly failed: Map<string, number> = new Map();

  add(port: string): void {
    this.failed.set(port, (this.failed.get(port) ?? 0) + 1);
  }
}

export function tlsFamily({ failed }: TlsCounts): Family {
  return {
    name: "naruko_tls_failures_total",
    help: "Connections that ended before TLS was agreed on, by port.",
    type: "counter",
    samples: [...failed].map(([port, value]) => ({ labels: { port }, value })),
  };
}
