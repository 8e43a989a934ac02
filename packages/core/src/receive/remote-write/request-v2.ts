import { METRIC_NAME } from "../../model/labels.ts";
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

/** Reads the symbols of an `io.prometheus.write.v2.Request`: fields may come in any order. */
export function readSymbols(reader: WireReader): readonly string[] {
  const symbols: string[] = [];
  while (reader.next()) {
    if (reader.field !== 4) {
      reader.skip();
      continue;
    }
    reader.tally.countValues(1);
    const text = reader.text();
    if (symbols.length === 0 && text !== "")
      reader.fault("begins with a text, expected an empty one");
    symbols.push(text);
  }
  return symbols;
}

/** Reads the rest of an `io.prometheus.write.v2.Request` (remote write 2.0). */
export function readRequestV2(
  reader: WireReader,
  symbols: readonly string[],
  sink: SeriesSink,
  metadata: MetricMetadata[],
): void {
  const families = new Map<string, MetricMetadata>();
  while (reader.next()) {
    if (reader.field !== 5) {
      reader.skip();
      continue;
    }
    const { series, family } = readSeries(reader, symbols, sink);
    sink.take(series);
    if (family !== undefined) families.set(family.name, family);
  }
  metadata.push(...families.values());
}

type Read = { readonly series: WrittenSeries; readonly family: MetricMetadata | undefined };

function readSeries(reader: WireReader, symbols: readonly string[], sink: SeriesSink): Read {
  reader.tally.countValues(1);
  const outer = reader.enter();
  const series = emptySeries();
  const refs: number[] = [];
  let described: Omit<MetricMetadata, "name"> | undefined;
  while (reader.next()) {
    if (reader.field === 1) reader.repeatedUint64(refs);
    else if (reader.field === 2) readSample(reader, series, sink);
    else if (reader.field === 3) takeHistogram(reader, series, sink);
    else if (reader.field === 4) readExemplar(reader, symbols, series);
    else if (reader.field === 5) described = readMetadata(reader, symbols);
    else if (reader.field === 6) series.startAt = epochMs(reader.int64());
    else reader.skip();
  }
  reader.leave(outer);
  series.pairs = textsOf(refs, symbols);
  const name = familyName(series.pairs ?? [], described?.type);
  const family = described && name !== "" ? { name, ...described } : undefined;
  return { series, family };
}

/** `undefined` where a reference leads nowhere, or a name has no value. */
function textsOf(refs: readonly number[], symbols: readonly string[]): string[] | undefined {
  const texts = refs.flatMap((ref) => symbols[ref] ?? []);
  return texts.length === refs.length && refs.length % 2 === 0 ? texts : undefined;
}

function readExemplar(reader: WireReader, symbols: readonly string[], series: WrittenSeries): void {
  reader.tally.countValues(1);
  const outer = reader.enter();
  const refs: number[] = [];
  let value = 0;
  let at = 0;
  while (reader.next()) {
    if (reader.field === 1) reader.repeatedUint64(refs);
    else if (reader.field === 2) value = reader.double();
    else if (reader.field === 3) at = reader.int64();
    else reader.skip();
  }
  reader.leave(outer);
  series.exemplars.push({ pairs: textsOf(refs, symbols), value, at: epochMs(at) });
}

/** `undefined` where nothing is said; a reference that leads nowhere says nothing either. */
function readMetadata(
  reader: WireReader,
  symbols: readonly string[],
): Omit<MetricMetadata, "name"> | undefined {
  const outer = reader.enter();
  let type = 0;
  let help = "";
  let unit = "";
  while (reader.next()) {
    if (reader.field === 1) type = reader.int32();
    else if (reader.field === 3) help = symbols[reader.uint32()] ?? "";
    else if (reader.field === 4) unit = symbols[reader.uint32()] ?? "";
    else reader.skip();
  }
  reader.leave(outer);
  return type === 0 && help === "" && unit === ""
    ? undefined
    : { type: metadataType(type), help, unit };
}

const PARTS = /_(?:bucket|sum|count)$/;
const TYPES_WITH_PARTS: ReadonlySet<string> = new Set(["histogram", "gaugehistogram", "summary"]);

/** The family of a series, which tells its metadata itself. */
function familyName(pairs: readonly string[], type: string | undefined): string {
  const name = pairs[pairs.findIndex((text, i) => i % 2 === 0 && text === METRIC_NAME) + 1] ?? "";
  return type !== undefined && TYPES_WITH_PARTS.has(type) ? name.replace(PARTS, "") : name;
}
