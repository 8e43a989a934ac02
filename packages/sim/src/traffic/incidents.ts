import { HOUR_MS, MINUTE_MS } from "@naruko/core/model/time";

/** What an incident does to the calls that begin while it lasts. */
export type Harm = {
  /** Calls that fail, as a share, with this error. */
  readonly failing?: { readonly share: number; readonly errorType: string };
  readonly durationFactor?: number;
  readonly inputFactor?: number;
  /** The mean of faithfulness while it lasts. */
  readonly faithfulness?: number;
};

export type Incident = {
  readonly name: string;
  readonly service: string;
  /** Since the start of the traffic. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly harm: Harm;
  /** Alerts that have to begin, each how long after the start at the latest and at the earliest. */
  readonly alerts: readonly ExpectedAlert[];
};

export type ExpectedAlert = {
  readonly alertname: string;
  readonly labels: Readonly<Record<string, string>>;
  /** When it has to begin firing, in ms after the incident's start. */
  readonly firesMs: readonly [from: number, to: number];
  /** When it has to resolve, in ms after the incident's end. */
  readonly resolvesMs: readonly [from: number, to: number];
};

const at = (hours: number, minutes: number): number => hours * HOUR_MS + minutes * MINUTE_MS;
const minutes = (from: number, to: number): readonly [number, number] => [
  from * MINUTE_MS,
  to * MINUTE_MS,
];

/** `for: 2m` after the share in a window of 5 min has grown over the limit. */
const SOON = minutes(2, 5);
/** The window of 5 min has to forget it. */
const FORGOTTEN = minutes(0, 5.5);

export const CONVERSATION = { service: "conversation", model: "gpt-4o" } as const;
export const CODE = { service: "code", model: "gpt-4o-mini" } as const;

/** Five incidents, hours apart, each with what the shipped rules have to say of it. */
export const INCIDENTS: readonly Incident[] = [
  {
    name: "the provider limits the rate",
    service: CONVERSATION.service,
    fromMs: at(10, 5),
    toMs: at(10, 25),
    harm: { failing: { share: 0.3, errorType: "429" } },
    alerts: [
      {
        alertname: "LLMRateLimited",
        labels: { service_name: CONVERSATION.service },
        firesMs: SOON,
        resolvesMs: FORGOTTEN,
      },
      {
        alertname: "LLMHighErrorRate",
        labels: { model: CONVERSATION.model },
        firesMs: SOON,
        resolvesMs: FORGOTTEN,
      },
    ],
  },
  {
    name: "the provider fails",
    service: CONVERSATION.service,
    fromMs: at(16, 2),
    toMs: at(16, 17),
    harm: { failing: { share: 0.8, errorType: "500" } },
    alerts: [
      {
        alertname: "LLMProviderOutage",
        labels: { service_name: CONVERSATION.service },
        // More than half of a window that began well.
        firesMs: minutes(2, 8),
        resolvesMs: FORGOTTEN,
      },
      {
        alertname: "LLMHighErrorRate",
        labels: { model: CONVERSATION.model },
        firesMs: SOON,
        resolvesMs: FORGOTTEN,
      },
    ],
  },
  {
    name: "answers take five times as long",
    service: CONVERSATION.service,
    fromMs: at(30, 5),
    toMs: at(30, 30),
    harm: { durationFactor: 5 },
    alerts: [
      {
        alertname: "LLMHighLatency",
        labels: { model: CONVERSATION.model, status: "success" },
        firesMs: minutes(3, 7),
        resolvesMs: FORGOTTEN,
      },
    ],
  },
  {
    name: "prompts are three times as long",
    service: CODE.service,
    fromMs: at(37, 0),
    toMs: at(38, 30),
    harm: { inputFactor: 3 },
    alerts: [
      {
        alertname: "LLMCostAnomaly",
        labels: { model: CODE.model },
        // An hour's tokens double when half of the hour has three times as many.
        firesMs: minutes(25, 60),
        resolvesMs: minutes(15, 50),
      },
    ],
  },
  {
    name: "answers are made up",
    service: CODE.service,
    fromMs: at(42, 3),
    toMs: at(42, 38),
    harm: { faithfulness: 0.5 },
    alerts: [
      {
        alertname: "LLMLowFaithfulness",
        labels: { service_name: CODE.service },
        firesMs: minutes(6, 15),
        resolvesMs: minutes(3, 15),
      },
    ],
  },
];

/** The incident that a call of a service meets at a time; they do not overlap. */
export function harmAt(service: string, offsetMs: number): Harm | undefined {
  const met = INCIDENTS.find(
    (incident) =>
      incident.service === service && offsetMs >= incident.fromMs && offsetMs < incident.toMs,
  );
  return met?.harm;
}
