import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { MessageBytes } from "@naruko/core/testing/remote-write-messages";

/** client_model's MetricType. */
const COUNTER = 0;
const GAUGE = 1;
const HISTOGRAM = 4;

/** A target whose metrics move with each scrape, in the one format that has native histograms. */
export class NativeExporter {
  /** Of the labels of `test_gauge`, one a series; a series that is taken away ends. */
  readonly gauges: Set<string> = new Set(["a", "b"]);
  /** Counts from the beginning again, as a process does that was restarted. */
  scrapes = 0;

  /** Serves until the test ends; gives the address. */
  async listen(context: TestContext): Promise<string> {
    const server = createServer((_request, response) => {
      this.scrapes++;
      response.writeHead(200, {
        "Content-Type":
          "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
      });
      response.end(Buffer.concat(this.#families()));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    context.after(() => {
      server.close();
      server.closeAllConnections();
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #families(): readonly Uint8Array[] {
    const n = this.scrapes;
    const requests = [metric([], 3, new MessageBytes().double(1, n * 7).message(2, exemplar(n)))];
    const gauges = [...this.gauges].map((name) =>
      metric([["name", name]], 2, new MessageBytes().double(1, Math.sin(n))),
    );
    return [
      family("test_requests_total", COUNTER, requests),
      family("test_gauge", GAUGE, gauges),
      family("test_seconds", HISTOGRAM, [metric([], 7, nativeHistogram(n))]),
    ];
  }
}

function family(name: string, type: number, metrics: readonly Uint8Array[]): Uint8Array {
  const message = new MessageBytes().text(1, name).text(2, `What ${name} is.`).varint(3, type);
  for (const one of metrics) message.message(4, one);
  return message.delimited;
}

function metric(
  labels: readonly (readonly [string, string])[],
  field: number,
  value: MessageBytes,
): Uint8Array {
  const message = new MessageBytes();
  for (const [name, text] of labels) {
    message.message(1, new MessageBytes().text(1, name).text(2, text).bytes);
  }
  return message.message(field, value.bytes).bytes;
}

function exemplar(n: number): Uint8Array {
  const label = new MessageBytes().text(1, "trace_id").text(2, `trace-${n}`);
  return new MessageBytes().message(1, label.bytes).double(2, n / 2).bytes;
}

/** Its buckets grow with time, and every fifth scrape brings another one. */
function nativeHistogram(n: number): MessageBytes {
  const buckets = 3 + Math.floor(n / 5);
  const counts = Array.from({ length: buckets }, (_none, i) => n * (i + 1));
  const deltas = counts.map((count, i) => 2 * (count - (counts[i - 1] ?? 0)));
  const count = counts.reduce((sum, one) => sum + one, n);
  const spans = new MessageBytes().sint(1, -2).varint(2, buckets);
  return new MessageBytes()
    .varint(1, count)
    .double(2, n * 1.25)
    .sint(5, 3)
    .double(6, 2 ** -128)
    .varint(7, n)
    .message(12, spans.bytes)
    .packedVarints(13, deltas);
}
