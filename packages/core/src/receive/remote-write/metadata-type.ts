import type { MetricMetadata } from "../../model/received-series.ts";

/** Both versions of remote write have the same numbers. */
const TYPES: readonly MetricMetadata["type"][] = [
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
  return TYPES[sent] ?? "unknown";
}
