import type { EpochMs } from "@naruko/core/model/time";
import type { QuerySources } from "../drive/query.ts";
import type { ScrapeTargets } from "./scrape-targets.ts";

/** What the program tells of itself below `/api/v1/status`. */
export type ProgramView = {
  readonly version: string;
  /** `v24.…`, where Prometheus has the version of Go. */
  readonly runtime: string;
  readonly startedAt: EpochMs;
  /** The running configuration as YAML, secrets left out. */
  readonly config: () => string;
  readonly configuredAt: () => EpochMs;
  /** Settings by the name that Prometheus' command line has for the same. */
  readonly flags: () => Readonly<Record<string, string>>;
  /** How long series are kept: `15d or 10GB`. */
  readonly retention: () => string;
  /** Addresses of the Alertmanagers that alerts are forwarded to, without credentials. */
  readonly alertmanagers: () => readonly string[];
};

export type ApiOptions = QuerySources & {
  readonly program: ProgramView;
  readonly targets: ScrapeTargets;
  readonly broke: (error: unknown, where: string) => void;
};

/** One request: its parameters from URL and form, and whether anybody still waits for it. */
export type ApiRequest = {
  readonly params: URLSearchParams;
  readonly options: ApiOptions;
  readonly isCanceled: () => boolean;
};

type Notes = {
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
};

/** `data` of an answer: a value, or pieces of JSON where it may be too large to hold as one text. */
export type ApiResult = Notes &
  ({ readonly data: unknown } | { readonly pieces: Iterable<string> });

export type ApiCall = (request: ApiRequest) => ApiResult | Promise<ApiResult>;
