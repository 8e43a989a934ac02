import { parseDuration } from "@naruko/core/model/duration";
import type { RelabelStep } from "@naruko/core/scrape/relabel";
import { z } from "zod";
import {
  hasOneIdentity,
  headerName,
  headerValue,
  type HttpClient,
  httpClientKeys,
  ONE_IDENTITY,
  plainText,
} from "./http-schema.ts";
import { relabelSteps } from "./relabel-schema.ts";

/** The messages of remote write, by their names in Content-Type. */
const WRITE_MESSAGES = ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"] as const;

/** One entry of `remote_write`, with Prometheus' keys and defaults. Durations are in milliseconds. */
export type RemoteWriteConfig = Omit<HttpClient, "http_headers"> & {
  readonly url: string;
  /** Under which it is shown, and its position is kept; absent: the host of the address. */
  readonly name?: string | undefined;
  readonly remote_timeout: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly write_relabel_configs: readonly RelabelStep[];
  readonly protobuf_message: (typeof WRITE_MESSAGES)[number];
  readonly send_native_histograms: boolean;
  readonly send_exemplars: boolean;
  readonly queue_config: {
    readonly max_samples_per_send: number;
    readonly min_backoff: number;
    readonly max_backoff: number;
    /** Samples that are older are left out; 0: none is too old. */
    readonly sample_age_limit: number;
  };
  readonly metadata_config: { readonly send: boolean; readonly send_interval: number };
};

const DURATION = "expected a duration such as 30ms, 5s or 1m";
const duration = z
  .string(DURATION)
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.addIssue(DURATION);
    return z.NEVER;
  })
  .meta({ description: "A duration as Prometheus writes it: 30ms, 5s, 1m." });
const above0 = duration.refine((ms) => ms > 0, "expected more than 0");

const queue = z
  .strictObject({
    max_samples_per_send: z.int("expected a whole number").min(1).max(100_000).default(2000),
    min_backoff: above0.prefault("30ms"),
    max_backoff: above0.prefault("5s"),
    sample_age_limit: duration.prefault("0s"),
  })
  .refine(({ min_backoff, max_backoff }) => min_backoff <= max_backoff, {
    error: "expected at least min_backoff",
    path: ["max_backoff"],
  });

const { http_headers: _, ...clientKeys } = httpClientKeys;

const remoteWrite = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, error: "expected an http or https URL" }),
    name: plainText.min(1, "expected a name").optional(),
    remote_timeout: above0.prefault("30s"),
    headers: z.record(headerName, headerValue).default({}),
    write_relabel_configs: relabelSteps,
    protobuf_message: z
      .enum(WRITE_MESSAGES, `expected one of ${WRITE_MESSAGES.join(", ")}`)
      .default("prometheus.WriteRequest"),
    send_native_histograms: z.boolean("expected true or false").default(false),
    send_exemplars: z.boolean("expected true or false").default(false),
    queue_config: queue.prefault({}),
    metadata_config: z
      .strictObject({
        send: z.boolean("expected true or false").default(true),
        send_interval: above0.prefault("1m"),
      })
      .prefault({}),
    ...clientKeys,
  })
  .refine(hasOneIdentity, { error: ONE_IDENTITY, path: ["authorization"] });

/** Under which name a remote is shown, and its position is kept. */
export function remoteName({ name, url }: Pick<RemoteWriteConfig, "name" | "url">): string {
  return name ?? new URL(url).host;
}

/** `remote_write`. */
export const remoteWrites: z.ZodType<readonly RemoteWriteConfig[]> = z
  .array(remoteWrite, "expected a list of remote stores")
  .superRefine((configs, context) => {
    const names = new Set<string>();
    for (const [i, config] of configs.entries()) {
      // What is no address was refused on its own.
      if (!URL.canParse(config.url)) continue;
      const name = remoteName(config);
      const message = `"${name}" is there twice: give each a name of its own`;
      if (names.has(name)) context.addIssue({ code: "custom", message, path: [i] });
      names.add(name);
    }
  })
  .default([]);
