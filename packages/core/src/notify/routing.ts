import type { Labels } from "../model/labels.ts";
import type { Matcher } from "../model/reader.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { Secret } from "./secret.ts";

/** A node of the route tree, with everything that it inherits filled in. */
export type Route = {
  /** Unique in its tree and stable while the tree above it is: matchers and place of each level. */
  readonly id: string;
  /** The path of matchers as Alertmanager writes it, `{}/{severity="page"}`; the start of group keys. */
  readonly key: string;
  readonly receiver: string;
  /** Label names in order, or every label (`group_by: ['...']`). */
  readonly groupBy: readonly string[] | "all";
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  readonly matchers: readonly Matcher[];
  /** Whether the matchers hold for an alert's labels. */
  readonly matches: (labels: Labels) => boolean;
  /** Whether later siblings are asked too after this route matched. */
  readonly continues: boolean;
  readonly routes: readonly Route[];
};

/** How requests say who sends them. */
export type Authorization = {
  /** `header`: the secret is the header's value; `basic`: it is `user:password`, not yet encoded. */
  readonly kind: "header" | "basic";
  readonly secret: Secret;
};

/** How to reach one webhook. */
export type WebhookConfig = {
  readonly url: Secret;
  /** 0: no limit of its own; the sender's default applies. */
  readonly timeoutMs: number;
  readonly authorization?: Authorization;
};

/** One way of a receiver to tell somebody. */
export type Integration = {
  /** Unique within its receiver: `webhook/0`; `none` for a receiver that has no integration. */
  readonly name: string;
  readonly sendResolved: boolean;
  /** Alerts in one message; 0 for no limit of its own. */
  readonly maxAlerts: number;
  readonly webhook?: WebhookConfig;
};

export type Receiver = {
  readonly name: string;
  /** Never empty: a receiver without any has the one called `none`. */
  readonly integrations: readonly Integration[];
};

/** Who is told what, and how often: a routing file that was read. */
export type Routing = {
  readonly root: Route;
  readonly receivers: ReadonlyMap<string, Receiver>;
};

/** What Alertmanager does where a file does not say: `group_wait` and its kin. */
export const DEFAULT_TIMING: Pick<Route, "groupWaitMs" | "groupIntervalMs" | "repeatIntervalMs"> = {
  groupWaitMs: 30 * SECOND_MS,
  groupIntervalMs: 5 * MINUTE_MS,
  repeatIntervalMs: 4 * HOUR_MS,
};

/** Stands for "nobody is told": notifications end in the ledger and in replay's output. */
export const NO_INTEGRATION: Integration = { name: "none", sendResolved: true, maxAlerts: 0 };

/** What applies without a routing file: one receiver `default` that delivers nowhere. */
export const DEFAULT_ROUTING: Routing = {
  root: {
    id: "{}",
    key: "{}",
    receiver: "default",
    groupBy: [],
    ...DEFAULT_TIMING,
    matchers: [],
    matches: () => true,
    continues: false,
    routes: [],
  },
  receivers: new Map([["default", { name: "default", integrations: [NO_INTEGRATION] }]]),
};
