import type { Engine } from "@naruko/core/engine/engine";
import type { EpochMs } from "@naruko/core/model/time";
import type { IntakeCounts } from "./intake-counts.ts";
import type { Answer, Handler } from "./server.ts";
import type { ToldService, ToldServices } from "./told-services.ts";

export const SOURCES_PATH = "/api/naruko/sources";

export type SourcesOptions = {
  readonly engine: Engine;
  readonly told: ToldServices;
  readonly intake: IntakeCounts;
  readonly version: string;
  readonly startedAt: EpochMs;
  readonly now: () => EpochMs;
  /** How far the wall clock is behind the stamps, in ms. */
  readonly skewMs: () => number;
  readonly otlpUrl: string;
  readonly grpcUrl?: string;
  readonly needsToken: boolean;
};

/** What arrives, from whom and in which form, as `GET /api/naruko/sources` tells it in `data`. */
export type Sources = {
  readonly version: string;
  readonly startedAt: EpochMs;
  readonly now: EpochMs;
  readonly skewMs: number;
  readonly otlpUrl: string;
  readonly grpcUrl?: string;
  readonly needsToken: boolean;
  readonly lastTelemetryAt?: EpochMs;
  /** Records and requests since the start: by signal, and by reason. */
  readonly received: Readonly<Record<string, number>>;
  readonly ignored: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
  readonly refusedRequests: Readonly<Record<string, number>>;
  readonly services: readonly ToldService[];
  /** Who is told of alerts, and what became of it since the data directory began. */
  readonly receivers: readonly ToldReceiver[];
  /** Spans or metrics, by service and metric, and why. */
  readonly sources: ReturnType<Engine["sources"]>;
};

/** A webhook of a receiver, or an Alertmanager. */
export type ToldReceiver = {
  readonly name: string;
  /** Messages, or posts. */
  readonly delivered: number;
  /** Tries that another one may mend. */
  readonly failed: number;
  /** Messages refused for good. */
  readonly refused: number;
};

/** Facts only: `naruko doctor` says what they mean. */
export function sourcesHandler(options: SourcesOptions): Handler {
  return (request, url) => {
    if (url.pathname !== SOURCES_PATH) return Promise.resolve(undefined);
    const isGet = request.method === "GET" || request.method === "HEAD";
    return Promise.resolve(
      isGet
        ? answer(200, { status: "success", data: sourcesOf(options) })
        : answer(405, { status: "error", error: "use GET" }),
    );
  };
}

function answer(status: number, body: unknown): Answer {
  return {
    status,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    compress: true,
  };
}

function sourcesOf(options: SourcesOptions): Sources {
  const { engine, told, intake, version, startedAt, otlpUrl, grpcUrl, needsToken } = options;
  const { lastTelemetryAt } = intake;
  return {
    version,
    startedAt,
    now: options.now(),
    skewMs: options.skewMs(),
    otlpUrl,
    ...(grpcUrl !== undefined && { grpcUrl }),
    needsToken,
    ...(lastTelemetryAt !== undefined && { lastTelemetryAt }),
    received: Object.fromEntries(intake.accepted),
    ignored: Object.fromEntries(intake.ignored),
    rejected: Object.fromEntries(intake.rejected),
    refusedRequests: Object.fromEntries(intake.refusedRequests),
    services: told.list(),
    receivers: receiversOf(engine),
    sources: engine.sources(),
  };
}

function receiversOf({ alerting, setup }: Engine): readonly ToldReceiver[] {
  const counts = alerting.deliveryCounts();
  const webhooks = [...alerting.routing.receivers.values()].flatMap(({ name, integrations }) =>
    integrations
      .filter(({ webhook }) => webhook !== undefined)
      .map(({ name: integration }) => {
        const known = counts.find(
          (one) => one.receiver === name && one.integration === integration,
        );
        const { delivered = 0, failed = 0, refused = 0 } = known ?? {};
        return { name: `${name} ${integration}`, delivered, failed, refused };
      }),
  );
  const posts = alerting.postCounts();
  const alertmanagers = setup.alertmanagers.map((name) => {
    const known = posts.find(({ alertmanager }) => alertmanager === name);
    const { posted = 0, failed = 0 } = known ?? {};
    return { name: `Alertmanager ${name}`, delivered: posted, failed, refused: 0 };
  });
  return [...webhooks, ...alertmanagers];
}
