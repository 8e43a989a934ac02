import type { Limits } from "../../model/limits.ts";
import type { MetricMetadata, ReceivedSeries } from "../../model/received-series.ts";
import { refusal } from "../refusal.ts";
import { Tally } from "../tally.ts";
import { WireFault } from "../wire-fault.ts";
import { WireReader } from "../wire-reader.ts";
import { readRequestV2, readSymbols } from "./request-v2.ts";
import { REQUEST_V2, WRITE_REQUEST } from "./shapes.ts";
import { readWriteRequest } from "./write-request.ts";
import { SeriesSink } from "./written-series.ts";

/** The two messages of remote write, by their names in Content-Type. */
export type WriteMessage = "prometheus.WriteRequest" | "io.prometheus.write.v2.Request";

/** What a request came to. */
export type DecodedWrite = {
  readonly series: readonly ReceivedSeries[];
  readonly metadata: readonly MetricMetadata[];
  /** Samples and exemplars that were not taken, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
  /** How many of the stale markers were sent as histograms. */
  readonly staleHistograms: number;
};

/**
 * Decodes the body of a remote-write request, already decompressed.
 *
 * @throws InputError of kind `remote-write` when the bytes are malformed, `otlp` past a limit
 */
export function decodeWrite(
  bytes: Uint8Array,
  message: WriteMessage,
  limits: Limits,
): DecodedWrite {
  const tally = new Tally(limits);
  const reader = new WireReader(bytes, tally);
  const sink = new SeriesSink(reader);
  const metadata: MetricMetadata[] = [];
  const isV2 = message === "io.prometheus.write.v2.Request";
  try {
    if (isV2) readRequestV2(reader, readSymbols(new WireReader(bytes, tally)), sink, metadata);
    else readWriteRequest(reader, sink, metadata);
  } catch (error) {
    if (!(error instanceof WireFault)) throw error;
    const again = new WireReader(bytes, new Tally(limits));
    throw refusal(error, again, isV2 ? REQUEST_V2 : WRITE_REQUEST, "remote-write");
  }
  const rejected = new Map<string, number>(sink.rejected.counts);
  for (const [reason, count] of tally.decoded([]).rejected) rejected.set(reason, count);
  const { series, staleHistograms } = sink;
  return { series, metadata, rejected, staleHistograms };
}
