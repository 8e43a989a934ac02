import type { MetricMetadata } from "../../model/received-series.ts";

/** By the number that both versions of remote write have for them. */
export const METADATA_TYPES: readonly MetricMetadata["type"][] = [
  "unknown",
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
];

/** The type of a metric; one that remote write did not have when this was written is unknown. */
export function metadataType(sent: number): MetricMetadata["type"] {
  return METADATA_TYPES[sent] ?? "unknown";
}
