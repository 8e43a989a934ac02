import type { Feature } from "@naruko/core/model/features";
import type { Limits } from "@naruko/core/model/limits";
import type { YamlNode } from "@naruko/core/model/yaml";
import type { JudgeConfig } from "./judge-schema.ts";
import type { RemoteWriteConfig } from "./remote-write-schema.ts";
import type { ScrapeConfig } from "./scrape-schema.ts";

/** What is written of what was said: nothing, until it is judged, or with the calls. */
export type CaptureMode = "off" | "judge" | "store";

/** A price of the user's own, in US dollars a million tokens. */
export type PriceEntry = {
  /** The model's name, `*` standing for any run of characters. */
  readonly model: string;
  readonly provider?: string | undefined;
  readonly input: number;
  readonly output: number;
  readonly cache_read?: number | undefined;
  readonly cache_write?: number | undefined;
  /** The first day on which it applies, `2026-11-01`; absent: always. */
  readonly from?: string | undefined;
};

/** `naruko.yml`, checked, with every default filled in. Durations are in milliseconds. */
export type Config = {
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly otlp_http_port: number;
    /** `false`: OTLP/gRPC is not served. */
    readonly otlp_grpc_port: number | false;
    /** Where links in notifications point; absent: the address of the UI. */
    readonly external_url?: string | undefined;
    /** Host names beside the bound address under which requests are taken. */
    readonly allowed_hosts: readonly string[];
    /** Allows an address other than loopback without tokens. */
    readonly insecure: boolean;
  };
  /** Of all ports; absent: plain HTTP. File names are relative to the configuration file. */
  readonly tls?:
    | {
        readonly cert_file: string;
        readonly key_file: string;
        /** Clients without a certificate of this CA are refused. */
        readonly client_ca_file?: string | undefined;
      }
    | undefined;
  readonly auth: {
    readonly ingest_token?: string | undefined;
    readonly admin_token?: string | undefined;
  };
  readonly data: string;
  readonly interval: number;
  readonly retention: {
    readonly series: number;
    readonly calls: number;
    /** Bytes of the data file; 0: no limit. */
    readonly size: number;
  };
  readonly limits: Partial<Limits>;
  /** Rule files, relative to the configuration file; absent: the shipped ones. */
  readonly rules?: readonly string[] | undefined;
  /** An Alertmanager configuration: a file's name, or written in place. */
  readonly routing?: string | object | undefined;
  readonly alerting: {
    readonly alertmanagers: readonly {
      readonly url: string;
      readonly basic_auth?: { readonly username: string; readonly password: string } | undefined;
      readonly bearer_token?: string | undefined;
    }[];
  };
  readonly services: Readonly<
    Record<string, { readonly source?: "spans" | "metrics" | undefined } | undefined>
  >;
  readonly capture: { readonly mode: CaptureMode; readonly redact: readonly string[] };
  readonly prices: readonly PriceEntry[];
  /** What rules and queries may use beyond the default, by Prometheus' names. */
  readonly features: readonly Feature[];
  readonly scrape_configs: readonly ScrapeConfig[];
  readonly remote_write: readonly RemoteWriteConfig[];
  /** Absent: nothing is judged. */
  readonly judge?: JudgeConfig | undefined;
  readonly detect: object;
};

/** A configuration and where it came from. */
export type LoadedConfig = {
  readonly config: Config;
  /** Absent when there is no file. */
  readonly file?: string;
  /** The tree of `routing` where it is written in place. */
  readonly routingNode?: YamlNode;
  readonly text: string;
  /** What is accepted and has no effect, as `file:line:column: …`. */
  readonly warnings: readonly string[];
};
