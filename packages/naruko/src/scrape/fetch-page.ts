import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { InputError } from "@naruko/core/model/input-error";
import type { Limits } from "@naruko/core/model/limits";
import { SECOND_MS } from "@naruko/core/model/time";
import { utf8Text } from "@naruko/core/model/text";
import { acceptHeader, defaultProtocols, formatOf } from "@naruko/core/scrape/content-type";
import type { Exposition } from "@naruko/core/scrape/exposition";
import { readOpenMetrics } from "@naruko/core/scrape/open-metrics";
import { readProtobuf } from "@naruko/core/scrape/protobuf-format";
import type { SeriesMemo } from "@naruko/core/scrape/series-memo";
import { readTextFormat } from "@naruko/core/scrape/text-format";
import type { ScrapeConfig } from "../config/scrape-schema.ts";
import type { Requester } from "./http-client.ts";

const gunzipApart = promisify(gunzip);

export type PageRequest = {
  readonly url: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly version: string;
};

/** A page's bytes; or why there are none. */
export type Page =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly contentType: string | undefined }
  | { readonly ok: false; readonly reason: string };

/** Asks a target for its page, in the formats that its configuration wants. */
export async function fetchPage(
  requester: Requester,
  config: ScrapeConfig,
  limits: Limits,
  { url, timeoutMs, signal, version }: PageRequest,
): Promise<Page> {
  const protocols = config.scrape_protocols ?? defaultProtocols(config.scrape_native_histograms);
  const maxBytes = config.body_size_limit > 0 ? config.body_size_limit : limits.scrapeBytes;
  const answer = await requester.send({
    url,
    method: "GET",
    headers: {
      accept: acceptHeader(protocols),
      "accept-encoding": config.enable_compression ? "gzip" : "identity",
      "user-agent": `naruko/${version}`,
      "x-prometheus-scrape-timeout-seconds": String(timeoutMs / SECOND_MS),
    },
    timeoutMs,
    maxBytes,
    signal,
  });
  if (!answer.ok) return answer.tooLarge ? tooLarge(config, maxBytes) : answer;
  if (answer.status !== 200) return { ok: false, reason: `the target answered ${answer.status}` };
  const contentType = answer.headers["content-type"];
  if (answer.headers["content-encoding"] !== "gzip") {
    return { ok: true, bytes: answer.body, contentType };
  }
  try {
    const bytes = await gunzipApart(answer.body, { maxOutputLength: maxBytes });
    return { ok: true, bytes, contentType };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge(config, maxBytes);
    return { ok: false, reason: `the page is not valid gzip: ${String(error)}` };
  }
}

function tooLarge({ body_size_limit }: ScrapeConfig, maxBytes: number): Page {
  const limit = body_size_limit > 0 ? "body_size_limit" : "limit scrapeBytes";
  return { ok: false, reason: `the page has more than ${maxBytes} bytes (${limit})` };
}

/** Reads a page in the format that its Content-Type names; or says what is wrong with it. */
export function readPage(
  { bytes, contentType }: { readonly bytes: Uint8Array; readonly contentType: string | undefined },
  config: ScrapeConfig,
  memo: SeriesMemo,
  limits: Limits,
): Exposition | string {
  const read = formatOf(contentType, config.fallback_scrape_protocol);
  if ("fault" in read) return read.fault;
  try {
    if (read.format === "protobuf") {
      const classicBeside = config.always_scrape_classic_histograms;
      return readProtobuf(bytes, { limits, classicBeside });
    }
    const text = utf8Text(bytes);
    if (text === undefined) return `line ${badLine(bytes)}: the page is not valid UTF-8`;
    return read.format === "text" ? readTextFormat(text, memo) : readOpenMetrics(text, memo);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

/** The first line, from 1, that is not valid UTF-8: no character has the byte of a line break in it. */
function badLine(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from);
    const to = end === -1 ? bytes.length : end;
    if (utf8Text(bytes.subarray(from, to)) === undefined) return line;
    from = to + 1;
  }
  return line;
}
