import type { Generation } from "@naruko/core/normalize/generation";
import type { Sources } from "../listen/sources-api.ts";
import type { ToldService } from "../listen/told-services.ts";
import type { Finding } from "./finding.ts";
import { type Lacking, mendingLine } from "./mending-lines.ts";

/** A share above which what is left out is no accident. */
const MOSTLY = 0.05;
/** By less than this clocks are set back all the time. */
const SKEW_MS = 1000;

/** What is right, what is missing and what is wrong with what arrives. */
export function diagnose(sources: Sources): readonly Finding[] {
  return [
    ...arrivals(sources),
    ...refusals(sources),
    ...lateTexts(sources),
    ...clocks(sources),
    ...sources.services.flatMap(service),
    ...metricsAlone(sources),
    ...notifications(sources),
  ];
}

function arrivals({ received, ignored, services, otlpUrl, sources }: Sources): readonly Finding[] {
  const records = Object.values(received).reduce((sum, count) => sum + count, 0);
  if (records === 0) {
    const says = "nothing has arrived since the server started";
    return [{ level: "wrong", about: "data", says, mend: endpoint(otlpUrl) }];
  }
  const kinds = Object.entries(received).map(
    ([signal, count]) => `${count} ${NOUNS[signal] ?? signal}`,
  );
  const fine: Finding = { level: "fine", about: "data", says: `${kinds.join(", ")} arrived` };
  const others = (ignored["not-genai"] ?? 0) + (ignored["not-a-call"] ?? 0);
  if (services.length > 0 || sources.length > 0 || others === 0) return [fine];
  const says = `${others} spans arrived, and none of them is a call to a model in a dialect that is known`;
  return [fine, { level: "wrong", about: "data", says, mend: NO_DIALECT }];
}

const NOUNS: Readonly<Record<string, string>> = {
  traces: "spans",
  metrics: "data points",
  logs: "log records",
};

const NO_DIALECT = "instrument the client of the model: docs/send has a page for each road";

function endpoint(otlpUrl: string): string {
  return `OTEL_EXPORTER_OTLP_ENDPOINT=${otlpUrl}`;
}

const REFUSALS: Readonly<Record<string, string>> = {
  unauthenticated: "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20TOKEN",
  "unknown-path": "leave /v1/traces out of OTEL_EXPORTER_OTLP_ENDPOINT: the exporter adds it",
  "unsupported-media-type": "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
  "too-large": "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=256",
};

const TIMES: ReadonlySet<string> = new Set(["far-future", "year-1970", "negative-duration"]);

function refusals({ refusedRequests, rejected }: Sources): readonly Finding[] {
  const requests = Object.entries(refusedRequests).map(([reason, count]): Finding => {
    const mend = REFUSALS[reason];
    const says = `${count} requests of senders were refused: ${reason}`;
    return { level: "wrong", about: "requests", says, ...(mend !== undefined && { mend }) };
  });
  const records = Object.entries(rejected).map(([reason, count]): Finding => {
    const says = `${count} records were rejected: ${reason}`;
    const isTime = TIMES.has(reason);
    const mend = isTime ? "set the sender's clock (timedatectl set-ntp true)" : undefined;
    return { level: "wrong", about: "records", says, ...(mend !== undefined && { mend }) };
  });
  return [...requests, ...records];
}

/** What was said in log records that their spans did not wait for: such calls are told without it. */
function lateTexts({ ignored }: Sources): readonly Finding[] {
  const late = ignored["waiting-text-expired"] ?? 0;
  if (late === 0) return [];
  const says = `what was said in ${late} calls came in log records after their spans, or no span came`;
  return [{ level: "missing", about: "content", says, mend: LOGS_FIRST }];
}

/** Log records are exported more often than spans. */
const LOGS_FIRST = "OTEL_BLRP_SCHEDULE_DELAY=500 OTEL_BSP_SCHEDULE_DELAY=5000";

function clocks({ skewMs }: Sources): readonly Finding[] {
  if (skewMs < SKEW_MS) return [];
  const says = `the server's clock was set back by ${(skewMs / 1000).toFixed(1)} s`;
  return [{ level: "wrong", about: "clock", says, mend: "timedatectl set-ntp true" }];
}

const GENERATIONS: Readonly<Record<Generation, string>> = {
  1: "conventions up to v1.36",
  2: "conventions v1.37 to v1.41",
  3: "conventions of 2026",
};

function service(told: ToldService): readonly Finding[] {
  const { calls, failed, calledOff, answered, withUsage, streams, streamsWithUsage, dialect } =
    told;
  const about = told.service;
  const named = told.generation === undefined ? "" : `, ${GENERATIONS[told.generation]}`;
  const off = calledOff === 0 ? "" : `, ${calledOff} called off by the application`;
  const says = `${calls} calls in the dialect ${dialect}${named}; ${failed} failed, ${streams} streamed${off}`;
  const lacks = (what: Lacking, level: "missing" | "wrong", found: string): Finding => ({
    level,
    about,
    says: found,
    mend: mendingLine(dialect, what),
  });
  const findings: Finding[] = [{ level: "fine", about, says }];
  const untold = answered - withUsage;
  if (untold > MOSTLY * answered) {
    const streamed = streams - streamsWithUsage;
    const where = streamed === untold ? "all of them streams" : `${streamed} of them streams`;
    const found = `no usage on ${untold} of ${answered} answered calls, ${where}: their cost is estimated or unknown`;
    findings.push(lacks("usage", "wrong", found));
  }
  if (told.withText < calls - MOSTLY * calls) {
    findings.push(
      lacks(
        "text",
        "missing",
        `no content on ${calls - told.withText} of ${calls} calls: it cannot be judged`,
      ),
    );
  }
  if (told.withConversation === 0) {
    findings.push(
      lacks(
        "conversation",
        "missing",
        "no conversation id: calls of one conversation count as many",
      ),
    );
  }
  if (told.withVersion === 0) {
    findings.push(
      lacks(
        "version",
        "missing",
        "no service.version: a deploy cannot be told from a change of the model",
      ),
    );
  }
  if (about === "unknown_service" || about.startsWith("unknown_service:")) {
    findings.push({
      level: "wrong",
      about,
      says: "the service has no name",
      mend: "OTEL_SERVICE_NAME=my-app",
    });
  }
  return findings;
}

/** Services that send metrics and no spans: the series of the conventions, and nothing else. */
function metricsAlone({ sources }: Sources): readonly Finding[] {
  const services = new Set(
    sources.filter(({ reason }) => reason === "only-metrics").map((one) => one.service),
  );
  for (const one of sources) if (one.reason !== "only-metrics") services.delete(one.service);
  return [...services].map((about) => ({
    level: "wrong",
    about,
    says: "metrics come without spans: no llm_* series, cost or quality",
    mend: "OTEL_TRACES_EXPORTER=otlp",
  }));
}

const RECEIVER =
  'routing: { route: { receiver: team }, receivers: [{ name: team, webhook_configs: [{ url: "${WEBHOOK_URL}" }] }] }';

/** Whether anybody is told of alerts, and hears it. */
function notifications({ receivers }: Sources): readonly Finding[] {
  if (receivers.length === 0) {
    const says = "nobody is told of alerts: the configuration has no webhook and no Alertmanager";
    return [{ level: "missing", about: "receivers", says, mend: RECEIVER }];
  }
  return receivers.map(({ name, delivered, failed, refused }) => {
    const isBroken = refused > 0 || (failed > 0 && delivered === 0);
    const isIdle = delivered + failed + refused === 0;
    const counts = `${delivered} messages delivered, ${failed} tries failed, ${refused} refused for good`;
    const says = `${name}: ${isIdle ? "nothing was to be sent yet" : counts}`;
    return { level: isBroken ? "wrong" : "fine", about: "receivers", says };
  });
}
