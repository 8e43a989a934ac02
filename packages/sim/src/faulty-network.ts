import assert from "node:assert/strict";
import type { Delivery, Input, NotifiedAlert } from "@naruko/core/model/engine-io";
import type { Outcome } from "@naruko/core/model/outcome";
import type { Life, Machine } from "./machine.ts";
import type { Random } from "./random.ts";

/** How a receiver answers at the moment. */
export type Weather = "well" | "unavailable" | "silent" | "answers-lost" | "refuses";

const TIMEOUT_MS = 10_000;
/** A tick is committed after the outcomes that came so long before it. */
const COMMITTED_WITHIN_MS = 60_000;
const TIMED_OUT: Outcome = { ok: false, retry: true, reason: "no answer within 10 s" };
const ANSWERS: Readonly<Record<Weather, Outcome>> = {
  well: { ok: true },
  unavailable: { ok: false, retry: true, reason: "503 Service Unavailable" },
  silent: TIMED_OUT,
  "answers-lost": TIMED_OUT,
  refuses: { ok: false, retry: false, reason: "400 Bad Request" },
};
const FATES: Readonly<Record<Weather, Sent["fate"]>> = {
  well: "taken",
  unavailable: "failed",
  silent: "failed",
  "answers-lost": "taken",
  refuses: "refused",
};

/** One message on its way: what was sent, by which process, and what came of it. */
export type Sent = {
  readonly life: number;
  /** Place in the order of everything that was committed. */
  readonly afterSeq: number;
  readonly key: string;
  readonly attempt: number;
  /** Receiver and integration, or the Alertmanager. */
  readonly to: string;
  readonly alerts: readonly NotifiedAlert[];
  /** `taken`: the receiver has it, although its answer may have been lost. */
  readonly fate: "taken" | "refused" | "failed";
};

export type NetworkOptions = {
  readonly machine: Machine;
  readonly random: Random;
  readonly weather: (to: string) => Weather;
  /** Asked when a receiver took a message in, before its answer is on the way; may end the process. */
  readonly crashes: () => boolean;
};

/** Receivers that fail as receivers do, and remember what they were sent. */
export class FaultyNetwork {
  readonly #options: NetworkOptions;
  readonly sent: Sent[] = [];
  /** What was sent under each key. */
  readonly contents: Map<string, string> = new Map();
  readonly #sentBy = new Set<string>();
  /** Answers that a process has and the disk does not: of which life, and since when. */
  readonly #answered = new Map<string, { readonly life: Life; readonly atMs: number }>();
  #seq = 0;
  /** Outcomes on disk, by key. */
  readonly #settled = new Map<string, number>();

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** Takes note of an input that was committed. */
  committed(input: Input): void {
    this.#seq = input.seq;
    if (input.kind === "tick") this.#checkAnswered();
    if (input.kind !== "outcome") return;
    this.#answered.delete(input.delivery);
    this.#settled.set(input.delivery, (this.#settled.get(input.delivery) ?? 0) + 1);
  }

  deliver(life: Life, delivery: Delivery): Promise<Outcome> {
    const { attempt, key, receiver, integration, alerts } = delivery;
    const content = deliveryContent(delivery);
    const known = this.contents.get(key) ?? content;
    assert.equal(content, known, `delivery ${key} changed its content`);
    this.contents.set(key, content);
    // One try a committed outcome, and one more after a death that came before it was committed.
    const settled = this.#settled.get(key) ?? 0;
    assert.equal(
      settled,
      attempt - 1,
      `try ${attempt} of delivery ${key}, with ${settled} outcomes`,
    );
    return this.#send(life, { key, attempt, to: `${receiver}/${integration}`, alerts });
  }

  forward(life: Life, to: string, alerts: readonly NotifiedAlert[]): Promise<Outcome> {
    // A post has no key that its receiver sees; an alert that goes on is posted again each minute.
    return this.#send(life, { key: `post ${this.sent.length}`, attempt: 1, to, alerts });
  }

  async #send(
    life: Life,
    message: Pick<Sent, "key" | "attempt" | "to" | "alerts">,
  ): Promise<Outcome> {
    const { machine, random, weather, crashes } = this.#options;
    const id = `${life.number} ${message.to} ${message.attempt} ${message.key}`;
    assert.ok(!this.#sentBy.has(id), `${message.key} was sent twice by one process`);
    this.#sentBy.add(id);
    const now = weather(message.to);
    const fate = FATES[now];
    this.sent.push({ ...message, life: life.number, afterSeq: this.#seq, fate });
    if (fate === "taken") crashes();
    const slow = random.chance(0.05) ? random.between(0, 20_000) : 0;
    const unanswered = now === "silent" || now === "answers-lost";
    const waitMs = unanswered ? TIMEOUT_MS : slow;
    await life.whileAlive(waitMs > 0 ? machine.sleep(waitMs) : Promise.resolve());
    if (message.to.includes("/")) this.#answered.set(message.key, { life, atMs: machine.nowMs });
    return ANSWERS[now];
  }

  #checkAnswered(): void {
    for (const [key, { life, atMs }] of this.#answered) {
      const isLost = this.#options.machine.nowMs - atMs > COMMITTED_WITHIN_MS;
      assert.ok(!life.alive || !isLost, `the outcome of delivery ${key} is not committed`);
      if (!life.alive) this.#answered.delete(key);
    }
  }
}

/** What must be the same in every try of a delivery; the order of fields says nothing. */
export function deliveryContent({ at: _at, attempt: _attempt, ...content }: Delivery): string {
  return JSON.stringify(content, (_name, value: unknown) => {
    // JSON knows no NaN.
    if (typeof value === "number") return String(value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
