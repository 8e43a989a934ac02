import assert from "node:assert/strict";
import type { Engine } from "@naruko/core/engine/engine";
import type { Input } from "@naruko/core/model/engine-io";
import { DAY_MS } from "@naruko/core/model/time";
import type { FaultyJudge } from "./faulty-judge.ts";
import type { Outputs } from "./replay-committed.ts";

type Money = {
  readonly asks: Outputs["asks"];
  readonly inputs: readonly Input[];
  readonly books: FaultyJudge["books"];
  readonly engine: Engine;
};

/**
 * By the judge's own books no cap of a UTC day or month is passed when a request leaves, and what the
 * judge billed is counted.
 */
export function checkMoney({ asks, inputs, books, engine }: Money): {
  readonly billedUsd: number;
  readonly countedUsd: number;
} {
  const billed = new Map<string, number>();
  let total = 0;
  for (const { ask, seq } of asks) {
    const caps = inputs.findLast((one) => one.seq <= seq && one.kind === "reload");
    assert.ok(caps?.kind === "reload" && caps.setup.judge !== undefined, "somebody judges");
    const { usdPerDay = Infinity, usdPerMonth = Infinity } = caps.setup.judge;
    const { billedNano = 0 } = books.get(ask.key) ?? {};
    total += billedNano;
    const month = new Date(ask.at).toISOString().slice(0, 7);
    for (const [window, cap] of [
      [`day ${Math.floor(ask.at / DAY_MS)}`, usdPerDay],
      [`month ${month}`, usdPerMonth],
    ] as const) {
      const sum = (billed.get(window) ?? 0) + billedNano;
      billed.set(window, sum);
      assert.ok(sum <= Math.round(cap * 1e9), `the cap of ${window} is passed: ${sum}`);
    }
  }
  const counted = totalSpentOf(engine);
  assert.ok(total <= counted, `${total} billionths were billed, ${counted} are counted`);
  return { billedUsd: total / 1e9, countedUsd: counted / 1e9 };
}

/** Also where nobody judges at the end. */
function totalSpentOf(engine: Engine): number {
  // Our own state, whose format the engine owns.
  const { judging } = JSON.parse(engine.save().state) as {
    readonly judging: { readonly judge: { readonly budget: { readonly totalSpent: number } } };
  };
  return judging.judge.budget.totalSpent;
}
