import type { MetricMetadata } from "../../model/received-series.ts";
import { epochMs } from "../../model/time.ts";
import type { WireReader } from "../wire-reader.ts";
import { metadataType } from "./metadata-type.ts";
import {
  emptySeries,
  readSample,
  type SeriesSink,
  takeHistogram,
  type WrittenSeries,
} from "./written-series.ts";

/** Reads a `prometheus.WriteRequest` (remote write 1.0). */
export function readWriteRequest(
  reader: WireReader,
  sink: SeriesSink,
  metadata: MetricMetadata[],
): void {
  while (reader.next()) {
    if (reader.field === 1) sink.take(readSeries(reader, sink));
    else if (reader.field === 3) readMetadata(reader, metadata);
    else reader.skip();
  }
}

function readSeries(reader: WireReader, sink: SeriesSink): WrittenSeries {
  reader.tally.countValues(1);
  const outer = reader.enter();
  const series = emptySeries();
  const pairs: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) readLabel(reader, pairs);
    else if (reader.field === 2) readSample(reader, series, sink);
    else if (reader.field === 3) readExemplar(reader, series);
    else if (reader.field === 4) takeHistogram(reader, series, sink);
    else reader.skip();
  }
  reader.leave(outer);
  series.pairs = pairs;
  return series;
}

function readLabel(reader: WireReader, pairs: string[]): void {
  reader.tally.countValues(1);
  const outer = reader.enter();
  let name = "";
  let value = "";
  while (reader.next()) {
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2) value = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
  pairs.push(name, value);
}

function readExemplar(reader: WireReader, series: WrittenSeries): void {
  reader.tally.countValues(1);
  const outer = reader.enter();
  const pairs: string[] = [];
  let value = 0;
  let at = 0;
  while (reader.next()) {
    if (reader.field === 1) readLabel(reader, pairs);
    else if (reader.field === 2) value = reader.double();
    else if (reader.field === 3) at = reader.int64();
    else reader.skip();
  }
  reader.leave(outer);
  series.exemplars.push({ pairs, value, at: epochMs(at) });
}

function readMetadata(reader: WireReader, metadata: MetricMetadata[]): void {
  reader.tally.countValues(1);
  const outer = reader.enter();
  let type = 0;
  let name = "";
  let help = "";
  let unit = "";
  while (reader.next()) {
    if (reader.field === 1) type = reader.int32();
    else if (reader.field === 2) name = reader.text();
    else if (reader.field === 4) help = reader.text();
    else if (reader.field === 5) unit = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
  if (name !== "") metadata.push({ name, type: metadataType(type), help, unit });
}
