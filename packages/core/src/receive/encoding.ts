/** How a request is written, and with it the answer (OTLP/HTTP). */
export type Encoding = "protobuf" | "json";

export type Signal = "traces" | "metrics" | "logs";

export const CONTENT_TYPES: Readonly<Record<Encoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

/**
 * The encoding that a Content-Type header names; `undefined` where OTLP does not know it, and the
 * request is refused as `unsupported-media-type`. Parameters such as `charset` do not matter.
 */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
  const mediaType = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType === CONTENT_TYPES.protobuf) return "protobuf";
  return mediaType === CONTENT_TYPES.json ? "json" : undefined;
}
