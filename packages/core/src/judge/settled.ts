import type { Call } from "../model/call.ts";
import type { Evaluation } from "../model/evaluation.ts";
import type { SettledDraw } from "../model/judge.ts";
import type { EpochMs } from "../model/time.ts";
import type { Draw } from "./draw.ts";
import type { Settled } from "./queue-item.ts";

type Judged = { readonly call: Call; readonly draw: Draw; readonly costNano: number };

/**
 * What the judge says of one call, as users' own evaluators would: a score stands for as many calls
 * as its inclusion probability says, and a missing one has its reason as the error type.
 *
 * @param versions of the judge, by rubric
 */
export function evaluationsOf(
  { subject: { call, draw }, verdicts, missing }: Settled<Judged>,
  versions: ReadonlyMap<string, string>,
  at: EpochMs,
): readonly Evaluation[] {
  const { traceId, spanId, responseId, service, environment } = call;
  const of = (name: string): Evaluation => {
    const inclusion = draw.rubrics.find((rubric) => rubric.name === name)?.inclusion ?? 1;
    const judge = versions.get(name);
    return {
      name,
      at,
      traceId,
      spanId,
      ...(responseId === undefined ? {} : { responseId }),
      service,
      ...(environment === undefined ? {} : { environment }),
      ...(judge === undefined ? {} : { judge }),
      weight: call.weight / inclusion,
    };
  };
  return [
    ...verdicts.map(({ name, score, label, explanation }) => ({
      ...of(name),
      score,
      ...(label === "" ? {} : { label }),
      ...(explanation === undefined ? {} : { explanation }),
    })),
    ...missing.map(({ name, reason }) => ({ ...of(name), errorType: reason })),
  ];
}

/** The row that is kept of a draw, when all is known of it. */
export function settledDraw(
  { subject: { draw, costNano }, verdicts, missing }: Settled<Judged>,
  versions: ReadonlyMap<string, string>,
): SettledDraw {
  const inclusionOf = (name: string): number =>
    draw.rubrics.find((rubric) => rubric.name === name)?.inclusion ?? 1;
  const { at, traceId, spanId, segment, kinds, inclusion } = draw;
  const { conversation, day, weight, flags, rates, coin, heads, open, openFlags, flagDraws } = draw;
  const proof = {
    conversation,
    day,
    weight,
    flags,
    rates,
    coin,
    heads,
    open,
    openFlags,
    flagDraws,
  };
  return {
    at,
    traceId,
    spanId,
    segment,
    kinds,
    inclusion,
    proof: JSON.stringify(proof),
    rubrics: [
      ...verdicts.map(({ name, score }) => ({ name, inclusion: inclusionOf(name), score })),
      ...missing.map((missed) => ({ ...missed, inclusion: inclusionOf(missed.name) })),
    ].map((rubric) => ({ ...rubric, judge: versions.get(rubric.name) ?? "" })),
    costUsd: costNano / 1e9,
  };
}
