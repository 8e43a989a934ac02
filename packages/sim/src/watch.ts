import assert from "node:assert/strict";
import type { Input } from "@naruko/core/model/engine-io";
import type { Telemetry } from "@naruko/core/model/telemetry";

/** Watches what is committed and acknowledged, while it happens. */
export class Watch {
  readonly #intervalMs: number;
  readonly #spans = new Set<string>();
  readonly #points = new Set<string>();
  #seq = 0;
  #at = 0;
  /** The last tick, or the end of the gap after it. */
  #ranTo: number | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  committed(input: Input): void {
    const { seq, at } = input;
    assert.ok(seq > this.#seq, `input ${seq} is committed after ${this.#seq}`);
    assert.ok(at >= this.#at, `event time goes back, from ${this.#at} to ${at}`);
    this.#seq = seq;
    this.#at = at;
    if (input.kind === "tick") this.#tick(at);
    else if (input.kind === "gap") this.#gap(input.from, input.to);
    else if (input.kind === "telemetry") {
      for (const { spanId } of input.telemetry.calls) this.#spans.add(spanId);
      for (const point of input.telemetry.points) this.#points.add(pointId(point));
    }
  }

  /** What is acknowledged is on disk at that moment. */
  acknowledged({ calls, points }: Telemetry): void {
    for (const { spanId } of calls) {
      assert.ok(this.#spans.has(spanId), `call ${spanId} is acknowledged before it is on disk`);
    }
    for (const point of points) {
      assert.ok(this.#points.has(pointId(point)), "a point is acknowledged before it is on disk");
    }
  }

  #tick(at: number): void {
    assert.equal(at % this.#intervalMs, 0, `tick ${at} is on a multiple of the interval`);
    const ranTo = this.#ranTo ?? at - this.#intervalMs;
    assert.ok(at > ranTo, `tick ${at} was evaluated before`);
    assert.ok(at - ranTo <= this.#intervalMs, `ticks between ${ranTo} and ${at} are missing`);
    this.#ranTo = at;
  }

  #gap(from: number, to: number): void {
    const ranTo = this.#ranTo ?? from;
    assert.equal(from, ranTo, "a gap begins where time ran last");
    assert.ok(to > from, "a gap ends after it begins");
    this.#ranTo = to;
  }
}

function pointId({ labels, at }: Telemetry["points"][number]): string {
  return `${labels.key}${at}`;
}
