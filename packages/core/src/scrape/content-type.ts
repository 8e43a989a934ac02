/** The formats of an exposition, by the names that `scrape_protocols` has for them. */
export const SCRAPE_PROTOCOLS = [
  "PrometheusProto",
  "OpenMetricsText1.0.0",
  "OpenMetricsText0.0.1",
  "PrometheusText1.0.0",
  "PrometheusText0.0.4",
] as const;
export type ScrapeProtocol = (typeof SCRAPE_PROTOCOLS)[number];

export type ExpositionFormat = "text" | "open-metrics" | "protobuf";

const MEDIA_TYPES: Readonly<Record<ScrapeProtocol, string>> = {
  PrometheusProto:
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
  "OpenMetricsText1.0.0": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8",
  "OpenMetricsText0.0.1": "application/openmetrics-text;version=0.0.1",
  "PrometheusText1.0.0": "text/plain;version=1.0.0;escaping=allow-utf-8",
  "PrometheusText0.0.4": "text/plain;version=0.0.4",
};

const FORMATS: Readonly<Record<ScrapeProtocol, ExpositionFormat>> = {
  PrometheusProto: "protobuf",
  "OpenMetricsText1.0.0": "open-metrics",
  "OpenMetricsText0.0.1": "open-metrics",
  "PrometheusText1.0.0": "text",
  "PrometheusText0.0.4": "text",
};

/** What is asked for without `scrape_protocols`: protobuf first where native histograms are wanted. */
export function defaultProtocols(nativeHistograms: boolean): readonly ScrapeProtocol[] {
  const [protobuf, ...texts] = SCRAPE_PROTOCOLS;
  return nativeHistograms ? [protobuf, ...texts] : texts;
}

/** The Accept header for formats, the preferred one first. */
export function acceptHeader(protocols: readonly ScrapeProtocol[]): string {
  const weighted = protocols.map(
    (protocol, i) => `${MEDIA_TYPES[protocol]};q=0.${protocols.length + 1 - i}`,
  );
  return [...weighted, "*/*;q=0.1"].join(",");
}

/**
 * The format that a Content-Type stands for; one that stands for none is refused, because a page read
 * in the wrong format can pass for an empty one.
 *
 * @param fallback what to take an unknown or absent type for
 */
export function formatOf(
  contentType: string | undefined,
  fallback: ScrapeProtocol | undefined,
): { readonly format: ExpositionFormat } | { readonly fault: string } {
  const [media = "", ...params] = (contentType ?? "").toLowerCase().split(";");
  const type = media.trim();
  if (type === "application/openmetrics-text") return { format: "open-metrics" };
  if (type === "text/plain") return { format: "text" };
  const isFamily = params.some(
    (param) => param.replaceAll(/[\s"]/g, "") === "proto=io.prometheus.client.metricfamily",
  );
  const isDelimited = params.some(
    (param) => param.replaceAll(/[\s"]/g, "") === "encoding=delimited",
  );
  if (type === "application/vnd.google.protobuf" && isFamily && isDelimited) {
    return { format: "protobuf" };
  }
  if (fallback !== undefined) return { format: FORMATS[fallback] };
  const what = type === "" ? "no Content-Type" : `Content-Type "${type.slice(0, 60)}"`;
  const remedy = "set fallback_scrape_protocol, for instance to PrometheusText0.0.4";
  return { fault: `the target answers with ${what}, which is no exposition; ${remedy}` };
}
