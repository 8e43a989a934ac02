import { SECOND_MS } from "@naruko/core/model/time";
import type { Clock } from "../drive/clock.ts";
import { demoCalls } from "./demo-calls.ts";
import type { DemoPlan } from "./demo-calls.ts";
import { secondsUntil } from "./demo-plan.ts";
import { demoRequests } from "./demo-requests.ts";

/** What was not sent for longer than this (the machine slept) is left out: it would be late. */
const MAX_BEHIND_S = 60;
const REQUEST_TIMEOUT_MS = 10 * SECOND_MS;

export type DemoTrafficOptions = {
  readonly plan: DemoPlan;
  /** The receiver's address: the traffic takes the way that an application's takes. */
  readonly otlpUrl: string;
  readonly token?: string | undefined;
  readonly clock: Clock;
  /** The first second of the plan that is not part of the history. */
  readonly firstSecond: number;
  readonly report: (event: string, details: Readonly<Record<string, unknown>>) => void;
};

/** Sends the simulated calls of each second that is over to a running server. */
export class DemoTraffic {
  readonly #options: DemoTrafficOptions;
  #nextSecond: number;
  #cancel: () => void = () => undefined;
  #underWay = new Set<Promise<void>>();
  #isRefused = false;

  constructor(options: DemoTrafficOptions) {
    this.#options = options;
    this.#nextSecond = options.firstSecond;
  }

  start(): void {
    this.#sendDue();
    this.#cancel = this.#options.clock.after(SECOND_MS, () => {
      this.start();
    });
  }

  /** Resolves when every request so far has its answer. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async stop(): Promise<void> {
    this.#cancel();
    await this.settled();
  }

  #sendDue(): void {
    const { plan, clock } = this.#options;
    const end = secondsUntil(plan, clock.wallMs());
    const first = Math.max(this.#nextSecond, end - MAX_BEHIND_S);
    this.#nextSecond = Math.max(this.#nextSecond, end);
    const seconds = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
    const calls = seconds.flatMap((second) => demoCalls(plan, second));
    if (calls.length === 0) return;
    const { traces, logs } = demoRequests(calls);
    this.#follow(this.#send("/v1/traces", traces));
    if (logs !== undefined) this.#follow(this.#send("/v1/logs", logs));
  }

  #follow(sending: Promise<void>): void {
    this.#underWay.add(sending);
    void sending.finally(() => this.#underWay.delete(sending));
  }

  async #send(path: string, body: object): Promise<void> {
    const reason = await this.#post(path, body);
    if (reason !== undefined && !this.#isRefused) {
      this.#options.report("the demo's traffic is refused", { reason });
    }
    this.#isRefused = reason !== undefined;
  }

  /** Returns why it failed. Nothing is sent again: the next second brings other calls. */
  async #post(path: string, body: object): Promise<string | undefined> {
    const { otlpUrl, token } = this.#options;
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    try {
      const response = await fetch(otlpUrl + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...authorization },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      return response.ok ? undefined : `${response.status} ${await response.text()}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
