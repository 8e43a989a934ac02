import { parseDuration } from "@naruko/core/model/duration";
import { FEATURES } from "@naruko/core/model/features";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { z } from "zod";
import type { Config } from "./config.ts";
import { judge } from "./judge-schema.ts";
import { remoteWrites } from "./remote-write-schema.ts";
import { scrapeConfigs } from "./scrape-schema.ts";

const DURATION_TEXT = "a duration such as 15s, 5m or 1h30m, the largest unit first";
const SIZE_UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

const duration = z
  .string(`expected ${DURATION_TEXT}`)
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.addIssue(`expected ${DURATION_TEXT}`);
    return z.NEVER;
  })
  .meta({ description: "A duration as Prometheus writes it: 15s, 5m, 1h30m, 15d." });

const interval = duration.refine((ms) => ms >= 1000, "expected at least 1s");

const size = z
  .string("expected a size such as 500MB or 10GB, or 0 for no limit")
  .transform((text, context) => {
    if (text === "0") return 0;
    const match = /^(\d+(?:\.\d+)?)(MB|GB|TB)$/.exec(text);
    if (match !== null) return Number(match[1]) * (SIZE_UNITS[match[2] ?? ""] ?? 0);
    context.addIssue("expected a size such as 500MB or 10GB, or 0 for no limit");
    return z.NEVER;
  });

const port = z.int("expected a port, 0 to 65535").min(0).max(65_535);
const secret = z.string().min(1, "expected a secret, for instance ${NAME} from the environment");
// It travels in a header, which carries neither spaces nor other letters than ASCII's.
const token = z
  .string(`expected a token, for instance \${NAME} from the environment`)
  .min(12, "expected a token of at least 12 characters, better 32 random ones")
  .regex(/^[\x21-\x7e]*$/, "expected a token of ASCII characters without spaces");
const auth = z
  .strictObject({ ingest_token: token.optional(), admin_token: token.optional() })
  .refine(
    ({ ingest_token, admin_token }) => ingest_token === undefined || ingest_token !== admin_token,
    {
      error: "expected another token than ingest_token: senders are not to read what is stored",
      path: ["admin_token"],
    },
  );
const dollars = z.number("expected US dollars a million tokens").min(0);

const limits = z.strictObject(
  Object.fromEntries(
    Object.entries(DEFAULT_LIMITS).map(([name, fallback]) => [
      name,
      z
        .int("expected a whole number")
        .min(1)
        .optional()
        .meta({ description: `Default ${fallback}.` }),
    ]),
  ),
);

const listen = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: port.default(4320),
  otlp_http_port: port.default(4318),
  otlp_grpc_port: z
    .union([port, z.literal(false)], "expected a port, 0 to 65535, or false")
    .default(4317),
  external_url: z.url({ protocol: /^https?$/, error: "expected an http or https URL" }).optional(),
  allowed_hosts: z.array(z.string()).default([]),
  insecure: z.boolean().default(false),
});

const fileName = z.string("expected a file's name").min(1, "expected a file's name");
const tls = z.strictObject({
  cert_file: fileName,
  key_file: fileName,
  client_ca_file: fileName.optional(),
});

const price = z.strictObject({
  model: z.string().min(1),
  provider: z.string().optional(),
  input: dollars,
  output: dollars,
  cache_read: dollars.optional(),
  cache_write: dollars.optional(),
  from: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, "expected a day such as 2026-11-01")
    .optional(),
});

const alertmanager = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: "expected an http or https URL" }),
  basic_auth: z.strictObject({ username: z.string(), password: secret }).optional(),
  bearer_token: secret.optional(),
});

const captureMode = z.enum(["off", "judge", "store"], "expected off, judge or store");
const capture = z.preprocess(
  // `capture: store` is the short form of `capture: { mode: store }`.
  (value) => (typeof value === "string" ? { mode: value } : value),
  z.strictObject({
    mode: captureMode.default("off"),
    redact: z.array(z.string()).default([]),
  }),
);

const schema = z.strictObject({
  listen: listen.prefault({}),
  tls: tls.optional(),
  auth: auth.prefault({}),
  data: z.string().min(1).default("./naruko-data"),
  interval: interval.prefault("15s"),
  retention: z
    .strictObject({
      series: duration.prefault("15d"),
      calls: duration.prefault("30d"),
      size: size.prefault("0"),
    })
    .prefault({}),
  limits: limits.prefault({}),
  rules: z.array(z.string().min(1)).optional(),
  routing: z.union([z.string(), z.looseObject({})], "expected a file's name or a map").optional(),
  alerting: z.strictObject({ alertmanagers: z.array(alertmanager).default([]) }).prefault({}),
  services: z
    .record(
      z.string(),
      z.strictObject({
        source: z.enum(["spans", "metrics"], "expected spans or metrics").optional(),
      }),
    )
    .default({}),
  capture: capture.prefault({}),
  prices: z.array(price).default([]),
  features: z
    .array(z.enum(FEATURES, `expected one of ${FEATURES.join(", ")}`))
    .default([])
    .meta({
      description: "Experimental parts of PromQL, by the names that Prometheus gives them.",
    }),
  scrape_configs: scrapeConfigs,
  remote_write: remoteWrites,
  judge,
  detect: z.looseObject({}).default({}),
});

/** One thing that is wrong with a configuration, and the path of keys and indexes to it. */
export type ConfigIssue = {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** A key that is not known; the path leads to the map that has it. */
  readonly unknownKey?: string;
};

/** Checks a plain value and fills the defaults in. */
export function checkConfig(
  value: unknown,
): { readonly config: Config } | { readonly issues: readonly ConfigIssue[] } {
  const result = schema.safeParse(value);
  if (result.success) return { config: result.data };
  const issues = result.error.issues.flatMap((issue): ConfigIssue[] => {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({ path, message: `unknown key "${key}"`, unknownKey: key }));
  });
  return { issues };
}

/** The keys that are known in the map at a path; empty where any key is allowed. */
export function knownKeys(path: readonly (string | number)[]): readonly string[] {
  let node: unknown = configJsonSchema();
  for (const part of path) {
    const { properties, items } = node as { properties?: Record<string, unknown>; items?: unknown };
    node = typeof part === "number" ? items : properties?.[part];
    if (node === undefined) return [];
  }
  return Object.keys((node as { properties?: object }).properties ?? {});
}

/** The JSON Schema of `naruko.yml`, for editors; published as `docs/naruko.schema.json`. */
export function configJsonSchema(): object {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}
