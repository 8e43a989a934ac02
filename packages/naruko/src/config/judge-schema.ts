import { parseDuration } from "@naruko/core/model/duration";
import type { JudgeSetup } from "@naruko/core/model/judge";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "@naruko/core/model/time";
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

/** US dollars a million tokens. */
export type OwnJudgePrice = { readonly input: number; readonly output: number };

/** Where verdicts are sent as events, besides being kept. */
export type EvaluationExport = Omit<HttpClient, "http_headers"> & {
  /** The base of an OTLP receiver over HTTP; `/v1/logs` is added. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for one request. */
  readonly timeout: number;
};

/** `judge`, checked. Durations are in milliseconds. */
export type JudgeConfig = {
  readonly endpoint: {
    readonly provider: JudgeSetup["provider"];
    readonly base_url: string;
    readonly api_key?: string | undefined;
    readonly model: string;
    readonly second_model?: string | undefined;
    readonly headers: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string>>;
  };
  readonly rate: number;
  readonly services: Readonly<Record<string, { readonly rate: number }>>;
  readonly rubrics: {
    /** Relative to the configuration file. */
    readonly files: readonly string[];
    readonly rates: Readonly<Record<string, number>>;
  };
  readonly language: JudgeSetup["language"];
  readonly budget: {
    readonly day_usd?: number | undefined;
    readonly month_usd?: number | undefined;
  };
  readonly price?: OwnJudgePrice | undefined;
  readonly second_price?: OwnJudgePrice | undefined;
  readonly concurrency: number;
  readonly timeout: number;
  readonly max_output_tokens: number;
  readonly export?: EvaluationExport | undefined;
  readonly golden: {
    /** Relative to the configuration file. */
    readonly files: readonly string[];
    /** Whether the set that comes with the program is judged too. */
    readonly shipped: boolean;
    /** Milliseconds in which every item has its turn. */
    readonly every: number;
  };
};

/** The addresses of the providers' own APIs. */
const OWN_ADDRESS = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com",
} as const;

/** Above it the runtime's own limit for the head of an answer would come first. */
const TIMEOUT_MAX_MS = 5 * MINUTE_MS;

const TIMEOUT = "expected a duration from 1s to 5m";
const timeout = z
  .string(TIMEOUT)
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= SECOND_MS && ms <= TIMEOUT_MAX_MS) return ms;
    context.addIssue(TIMEOUT);
    return z.NEVER;
  })
  .meta({ description: "A duration as Prometheus writes it, from 1s to 5m." });

const EVERY = "expected a duration from 1h to 30d";
const every = z
  .string(EVERY)
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= HOUR_MS && ms <= 30 * DAY_MS) return ms;
    context.addIssue(EVERY);
    return z.NEVER;
  })
  .meta({ description: "A duration as Prometheus writes it, from 1h to 30d." });

const SHARE = "expected a share from 0 to 1: 0.05 is one call in twenty";
const share = z.number(SHARE).min(0, SHARE).max(1, SHARE);
const USD = "expected US dollars, more than 0";
const usd = z.number(USD).positive(USD);
const PER_MILLION = "expected US dollars a million tokens";
const price = z.strictObject({
  input: z.number(PER_MILLION).min(0, PER_MILLION),
  output: z.number(PER_MILLION).min(0, PER_MILLION),
});

const HTTP_URL = "expected an http or https URL";
const modelName = plainText.min(1, "expected a model, as the endpoint calls it");
const apiKey = plainText.regex(
  /^[\x21-\x7e]+$/,
  "expected a key, for instance ${NAME} from the environment",
);

/** A base address; what it may not hold has its own place, where it is not shown. */
const baseUrl = z.url({ protocol: /^https?$/, error: HTTP_URL }).superRefine((text, context) => {
  const url = URL.parse(text);
  if (url === null) return;
  if (url.username !== "" || url.password !== "") {
    context.addIssue("expected an address without a name and password: write them as a header");
  }
  if (url.search !== "" || url.hash !== "") {
    context.addIssue("expected an address without a query: write it as judge.endpoint.query");
  }
  const [path] = /\/(?:chat\/completions|v1\/messages|messages)\/?$/.exec(url.pathname) ?? [];
  if (path !== undefined) context.addIssue(`expected the base of the API: leave out ${path}`);
});

const endpoint = z
  .strictObject(
    {
      provider: z
        .enum(["openai", "anthropic"], "expected openai (any API that is compatible) or anthropic")
        .default("openai"),
      base_url: baseUrl.optional().meta({ description: "Default: the provider's own." }),
      api_key: apiKey.optional(),
      model: modelName,
      second_model: modelName.optional(),
      headers: z.record(headerName, headerValue).default({}),
      query: z.record(z.string(), plainText).default({}),
    },
    "expected the judge's endpoint: at least its model",
  )
  .superRefine(({ provider, base_url, api_key, headers }, context) => {
    const isBare = api_key === undefined && Object.keys(headers).length === 0;
    if (base_url === undefined && isBare) {
      const name = `${provider.toUpperCase()}_API_KEY`;
      context.addIssue(`${OWN_ADDRESS[provider]} asks for a key: write api_key: \${${name}}`);
    }
    if (provider === "anthropic" && base_url !== undefined && /\/v1\/?$/.test(base_url)) {
      const message = "expected the base of the API: leave out /v1, which is added";
      context.addIssue({ code: "custom", message, path: ["base_url"] });
    }
  })
  .transform(({ base_url, ...rest }) => ({
    ...rest,
    base_url: base_url ?? OWN_ADDRESS[rest.provider],
  }));

const rubrics = z
  .object({
    files: z
      .array(plainText.min(1, "expected a file's name"), "expected a list of files")
      .default([]),
  })
  .catchall(z.strictObject({ rate: share }, "expected a rubric's rate: { rate: 0.02 }"))
  .transform(({ files, ...named }) => {
    const rates = Object.entries(named).map(([name, { rate }]) => [name, rate] as const);
    return { files, rates: Object.fromEntries(rates) };
  });

const golden = z.strictObject({
  files: z
    .array(plainText.min(1, "expected a file's name"), "expected a list of files")
    .default([]),
  shipped: z.boolean("expected true or false").default(true),
  every: every.prefault("1d"),
});

const budget = z
  .strictObject({ day_usd: usd.optional(), month_usd: usd.optional() })
  .refine(
    ({ day_usd, month_usd }) =>
      day_usd === undefined || month_usd === undefined || day_usd <= month_usd,
    { error: "expected at most month_usd, which would never be reached", path: ["day_usd"] },
  );

const { http_headers: _, ...clientKeys } = httpClientKeys;
const evaluationExport = z
  .strictObject(
    {
      url: z.url({ protocol: /^https?$/, error: HTTP_URL }),
      headers: z.record(headerName, headerValue).default({}),
      timeout: timeout.prefault("10s"),
      ...clientKeys,
    },
    "expected where verdicts are sent: export: { url: http://localhost:4318 }",
  )
  .refine(hasOneIdentity, { error: ONE_IDENTITY, path: ["authorization"] });

/** `judge`. */
export const judge: z.ZodType<JudgeConfig | undefined> = z
  .strictObject(
    {
      endpoint,
      rate: share.default(0.05),
      services: z.record(z.string(), z.strictObject({ rate: share })).default({}),
      rubrics: rubrics.prefault({}),
      language: z.enum(["en", "ja"], "expected en or ja").default("en"),
      budget: budget.prefault({}),
      price: price.optional(),
      second_price: price.optional(),
      concurrency: z
        .int("expected a whole number from 1 to 64")
        .min(1, "expected at least 1")
        .max(64, "expected at most 64")
        .default(4),
      timeout: timeout.prefault("60s"),
      max_output_tokens: z
        .int("expected a whole number of tokens")
        .min(100, "expected at least 100: a verdict has some hundred tokens")
        .max(100_000, "expected at most 100000")
        .default(2000),
      export: evaluationExport.optional(),
      golden: golden.prefault({}),
    },
    "expected the judge's settings: at least endpoint",
  )
  .refine(({ second_price, endpoint: { second_model } }) => !(second_price && !second_model), {
    error: "there is no second_model that it could be the price of",
    path: ["second_price"],
  })
  .optional();
