import type { Outcome } from "../model/outcome.ts";

/** What became of the messages to one integration of one receiver. */
export type DeliveryCount = {
  readonly receiver: string;
  readonly integration: string;
  readonly delivered: number;
  /** Tries that failed in a way that another try can mend. */
  readonly failed: number;
  /** Messages refused for good. */
  readonly refused: number;
};

/** Counts outcomes by receiver and integration: no refusal is without a trace. */
export class DeliveryCounts {
  private readonly counts = new Map<string, DeliveryCount>();

  constructor(saved: readonly DeliveryCount[] = []) {
    for (const count of saved) this.counts.set(keyOf(count.receiver, count.integration), count);
  }

  add(receiver: string, integration: string, outcome: Outcome): void {
    const key = keyOf(receiver, integration);
    const { delivered, failed, refused } = this.counts.get(key) ?? NONE;
    const over = !outcome.ok && !outcome.retry;
    this.counts.set(key, {
      receiver,
      integration,
      delivered: delivered + (outcome.ok ? 1 : 0),
      failed: failed + (outcome.ok || over ? 0 : 1),
      refused: refused + (over ? 1 : 0),
    });
  }

  list(): readonly DeliveryCount[] {
    return [...this.counts.values()];
  }
}

const NONE = { delivered: 0, failed: 0, refused: 0 };

function keyOf(receiver: string, integration: string): string {
  return JSON.stringify([receiver, integration]);
}
