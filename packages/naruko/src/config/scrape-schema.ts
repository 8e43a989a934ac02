import { parseDuration } from "@naruko/core/model/duration";
import { SCRAPE_PROTOCOLS } from "@naruko/core/scrape/content-type";
import type { ScrapeProtocol } from "@naruko/core/scrape/content-type";
import type { RelabelStep } from "@naruko/core/scrape/relabel";
import { z } from "zod";
import {
  hasOneIdentity,
  type HttpClient,
  httpClientKeys,
  ONE_IDENTITY,
  plainText,
} from "./http-schema.ts";
import { relabelSteps } from "./relabel-schema.ts";

/** One entry of `scrape_configs`, with Prometheus' keys and defaults. Durations are as written. */
export type ScrapeConfig = HttpClient & {
  readonly job_name: string;
  readonly scrape_interval: string;
  readonly scrape_timeout: string;
  readonly metrics_path: string;
  readonly scheme: "http" | "https";
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly honor_labels: boolean;
  readonly honor_timestamps: boolean;
  readonly track_timestamps_staleness: boolean;
  readonly enable_compression: boolean;
  readonly scrape_native_histograms: boolean;
  readonly always_scrape_classic_histograms: boolean;
  readonly scrape_protocols?: readonly ScrapeProtocol[] | undefined;
  readonly fallback_scrape_protocol?: ScrapeProtocol | undefined;
  /** Bytes; as all limits here 0 is none. */
  readonly body_size_limit: number;
  readonly sample_limit: number;
  readonly label_limit: number;
  readonly label_name_length_limit: number;
  readonly label_value_length_limit: number;
  readonly target_limit: number;
  readonly static_configs: readonly {
    readonly targets: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
  }[];
  readonly file_sd_configs: readonly FileDiscoveryConfig[];
  readonly dns_sd_configs: readonly DnsDiscoveryConfig[];
  readonly relabel_configs: readonly RelabelStep[];
  readonly metric_relabel_configs: readonly RelabelStep[];
};

export type FileDiscoveryConfig = {
  /** Names or patterns, `*` in the last part. */
  readonly files: readonly string[];
  readonly refresh_interval: number;
};

export type DnsDiscoveryConfig = {
  readonly names: readonly string[];
  readonly type: "SRV" | "A" | "AAAA";
  /** Of `A` and `AAAA`, whose answers have none. */
  readonly port?: number | undefined;
  readonly refresh_interval: number;
};

const SIZE_UNITS: Readonly<Record<string, number>> = { B: 0, K: 1, M: 2, G: 3, T: 4 };
const SIZE = "expected a size such as 10MB, or 0 for none";

/** Prometheus' sizes are powers of 1024, with or without the `i`. */
const size = z.union([z.string(), z.literal(0)], SIZE).transform((value, context) => {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)i?B$/.exec(String(value));
  if (String(value) === "0") return 0;
  if (match !== null) return Number(match[1]) * 1024 ** (SIZE_UNITS[match[2] ?? ""] ?? 0);
  context.addIssue(SIZE);
  return z.NEVER;
});

const DURATION = "expected a duration above zero such as 15s, 1m or 1h30m";
const durationText = z
  .string(DURATION)
  .refine((text) => (parseDuration(text) ?? 0) > 0, { error: DURATION })
  .meta({ description: "A duration as Prometheus writes it: 15s, 1m, 1h30m." });
const durationMs = durationText.transform((text) => parseDuration(text) ?? 0);

const limit = z.int("expected a whole number, 0 for none").min(0).default(0);
const flag = z.boolean("expected true or false");
const protocol = z.enum(SCRAPE_PROTOCOLS, `expected one of ${SCRAPE_PROTOCOLS.join(", ")}`);
const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "expected the name of a label");
const address = plainText.regex(/^[^/\s]+$/, "expected host:port, without scheme and path");
/** As Prometheus: a pattern in the last part of the path alone. */
const discoveryFile = plainText.regex(
  /^[^*]*(?:\*[^/*]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/,
  "expected a file that ends in .json, .yml or .yaml, with at most one * in its last part",
);

const staticConfig = z.strictObject({
  targets: z.array(address, "expected a list of host:port"),
  labels: z.record(labelName, plainText).default({}),
});

const fileDiscovery = z.strictObject({
  files: z.array(discoveryFile).min(1, "expected at least one file"),
  refresh_interval: durationMs.prefault("5m"),
});

const dnsDiscovery = z
  .strictObject({
    names: z.array(plainText.min(1)).min(1, "expected at least one name"),
    type: z.enum(["SRV", "A", "AAAA"], "expected SRV, A or AAAA").default("SRV"),
    port: z.int("expected a port").min(1).max(65_535).optional(),
    refresh_interval: durationMs.prefault("30s"),
  })
  .refine(({ type, port }) => type === "SRV" || port !== undefined, {
    error: "a port is needed: answers of type A and AAAA have none",
  });

const DEFAULT_INTERVAL = "1m";
const DEFAULT_TIMEOUT = "10s";

const scrapeConfig = z
  .strictObject({
    job_name: plainText.min(1, "expected a name"),
    scrape_interval: durationText.default(DEFAULT_INTERVAL),
    scrape_timeout: durationText.optional(),
    metrics_path: plainText.default("/metrics"),
    scheme: z.enum(["http", "https"], "expected http or https").default("http"),
    params: z.record(z.string(), z.array(plainText)).default({}),
    honor_labels: flag.default(false),
    honor_timestamps: flag.default(true),
    track_timestamps_staleness: flag.default(false),
    enable_compression: flag.default(true),
    scrape_native_histograms: flag.default(false),
    always_scrape_classic_histograms: flag.default(false),
    scrape_protocols: z.array(protocol).min(1, "expected at least one").optional(),
    fallback_scrape_protocol: protocol.optional(),
    body_size_limit: size.prefault("0"),
    sample_limit: limit,
    label_limit: limit,
    label_name_length_limit: limit,
    label_value_length_limit: limit,
    target_limit: limit,
    static_configs: z.array(staticConfig).default([]),
    file_sd_configs: z.array(fileDiscovery).default([]),
    dns_sd_configs: z.array(dnsDiscovery).default([]),
    relabel_configs: relabelSteps,
    metric_relabel_configs: relabelSteps,
    ...httpClientKeys,
  })
  .refine(hasOneIdentity, { error: ONE_IDENTITY, path: ["authorization"] })
  .refine(
    ({ scrape_interval, scrape_timeout }) => msOf(scrape_timeout ?? "0") <= msOf(scrape_interval),
    {
      error: "expected a timeout that is no longer than scrape_interval",
      path: ["scrape_timeout"],
    },
  )
  .transform((config): ScrapeConfig => {
    const { scrape_interval, scrape_timeout } = config;
    const isShort = msOf(scrape_interval) < msOf(DEFAULT_TIMEOUT);
    const fallback = isShort ? scrape_interval : DEFAULT_TIMEOUT;
    return { ...config, scrape_timeout: scrape_timeout ?? fallback };
  });

function msOf(text: string): number {
  return parseDuration(text) ?? 0;
}

/** `scrape_configs`. */
export const scrapeConfigs: z.ZodType<readonly ScrapeConfig[]> = z
  .array(scrapeConfig, "expected a list of scrape configurations")
  .superRefine((configs, context) => {
    const names = new Set<string>();
    for (const [i, { job_name }] of configs.entries()) {
      const message = `the job_name "${job_name}" is there twice`;
      if (names.has(job_name)) context.addIssue({ code: "custom", message, path: [i, "job_name"] });
      names.add(job_name);
    }
  })
  .default([]);
