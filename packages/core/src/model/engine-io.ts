import type { Feature } from "./features.ts";
import type { Ask, JudgeAnswer, JudgeSetup, SettledDraw } from "./judge.ts";
import type { Labels } from "./labels.ts";
import type { Outcome } from "./outcome.ts";
import type { Telemetry } from "./telemetry.ts";
import type { EpochMs } from "./time.ts";

/**
 * Everything that the engine ever learns, in the order in which it learns it. Equal sequences of
 * inputs give equal outputs: live, replayed, or re-applied after a crash.
 */
export type Input = {
  /** 1, 2, 3 …: the order of application. */
  readonly seq: number;
  /** When it entered the commit queue; never decreasing. */
  readonly at: EpochMs;
} & InputBody;

export type InputBody =
  | { readonly kind: "telemetry"; readonly telemetry: Telemetry }
  | { readonly kind: "tick" }
  /** Time did not run: the process was stopped, the machine slept, or the wall clock leapt. */
  | { readonly kind: "gap"; readonly from: EpochMs; readonly to: EpochMs }
  | { readonly kind: "reload"; readonly setup: EngineSetup }
  | { readonly kind: "outcome"; readonly delivery: string; readonly outcome: Outcome }
  /** What the judge answered to the request of this key. */
  | { readonly kind: "judged"; readonly ask: string; readonly answer: JudgeAnswer };

/** The texts that steer the engine; kept as text, so that a restart reads what was running. */
export type EngineSetup = {
  readonly ruleFiles: readonly { readonly name: string; readonly text: string }[];
  /** Alertmanager's configuration format; absent: one receiver `default` that delivers nowhere. */
  readonly routing?: { readonly name: string; readonly text: string };
  /** Names of Alertmanagers that alerts are forwarded to; the shell knows their addresses. */
  readonly alertmanagers: readonly string[];
  /** Where templates' and notifications' links point: `http://127.0.0.1:4320`. */
  readonly externalUrl: string;
  /** Which copy is counted where a service sends spans and metrics: per service, `spans` or `metrics`. */
  readonly sources: Readonly<Record<string, "spans" | "metrics">>;
  /** What rules and queries may use beyond the default; absent: nothing. */
  readonly features?: readonly Feature[];
  /** What may be written of what was said; absent: `off`. */
  readonly capture?: "off" | "judge" | "store";
  /** Absent: nothing is judged. */
  readonly judge?: JudgeSetup;
};

/** Where a rule stands for one label set. `inactive` is a pending alert that lapsed. */
export type AlertState = "pending" | "inactive" | "firing" | "resolved";

/** One change of one alert: the line that replay prints, and that is kept as history. */
export type Transition = {
  readonly at: EpochMs;
  readonly state: AlertState;
  /** With `alertname` and the rule's labels. */
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly value: number;
  /** When the breach began (the start of pending). */
  readonly startsAt: EpochMs;
  /** The group and the file of the rule. */
  readonly group: string;
  readonly file: string;
};

/** Why a notification is due; shown to people and kept in the ledger. */
export type NotifyReason = "first" | "new-alerts" | "some-resolved" | "all-resolved" | "repeat-due";

/** One alert as a notification shows it. */
export type NotifiedAlert = {
  readonly status: "firing" | "resolved";
  readonly labels: Labels;
  readonly annotations: Labels;
  /** When it began firing. */
  readonly startsAt: EpochMs;
  readonly endsAt?: EpochMs;
  readonly value: number;
  /** 16 hex digits, equal for equal labels: what Alertmanager calls the fingerprint. */
  readonly fingerprint: string;
  readonly generatorUrl: string;
};

/** One message to one integration of one receiver. */
export type Delivery = {
  /** Equal for retries and for the duplicate after a crash; sent as `Idempotency-Key`. */
  readonly key: string;
  readonly at: EpochMs;
  readonly receiver: string;
  /** Which of the receiver's integrations: `webhook/0`; `none` for a receiver without any. */
  readonly integration: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  readonly reason: NotifyReason;
  readonly alerts: readonly NotifiedAlert[];
  readonly truncatedAlerts: number;
  readonly externalUrl: string;
  /** 1 for the first try. */
  readonly attempt: number;
};

/** A sealed chunk of one series, ready for the disk. Keyed by series and `from`. */
export type ChunkRow = {
  readonly labels: Labels;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly count: number;
  /** What the samples are: the tag of the encoding, versioned. */
  readonly encoding: number;
  readonly bytes: Uint8Array;
};

/** What the engine wants done. The shell does it and feeds back an outcome where one is asked for. */
export type Effect =
  /** Calls and evaluations to keep, after repeats and nested copies were taken out. */
  | {
      readonly kind: "keep";
      readonly seq: number;
      readonly at: EpochMs;
      readonly telemetry: Telemetry;
    }
  | { readonly kind: "keep-chunks"; readonly chunks: readonly ChunkRow[] }
  | {
      readonly kind: "keep-transitions";
      readonly seq: number;
      readonly transitions: readonly Transition[];
    }
  | {
      readonly kind: "keep-draws";
      readonly seq: number;
      readonly draws: readonly SettledDraw[];
    }
  /** Asks for a `judged` input under `ask.key`. */
  | { readonly kind: "ask"; readonly ask: Ask }
  /** Asks for an outcome input under `delivery.key`. */
  | { readonly kind: "deliver"; readonly delivery: Delivery }
  /** To one Alertmanager, ungrouped, as Prometheus' notifier posts. Asks for an outcome under `key`. */
  | {
      readonly kind: "forward";
      readonly key: string;
      readonly alertmanager: string;
      readonly at: EpochMs;
      readonly alerts: readonly NotifiedAlert[];
    };
