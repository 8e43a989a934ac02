import { unwrap } from "@naruko/core/promql/ast";
import { Random } from "../random.ts";
import { compareAnswers, type Difference, type Order } from "./compare-answers.ts";
import { type Found, reasonFor } from "./known-differences.ts";
import { printScript } from "./print-script.ts";
import { type Asked, randomQuery } from "./random-query.ts";
import type { Answers, Servers } from "./servers.ts";
import { type Case, Patience, shrinkQuery, shrinkWorld } from "./shrink.ts";
import { treeOf } from "./shrink-query.ts";
import { randomWorld } from "./world.ts";

export type FuzzOptions = {
  readonly seed: number;
  readonly queries: number;
  /** Differences without a known reason after which it ends. */
  readonly findingsMax: number;
  readonly tell?: (text: string) => void;
};

/** A difference for which no reason is known, as small as it could be made. */
export type Finding = {
  readonly original: string;
  readonly difference: Difference;
  readonly script: string;
};

export type FuzzReport = {
  readonly queries: number;
  /** Queries that both refused. */
  readonly refused: number;
  /** Queries that both answered with at least one value. */
  readonly answered: number;
  /** Differences between versions, by reason. */
  readonly known: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
};

/** Queries over one world before the next is made. */
const QUERIES_PER_WORLD = 150;

/** Asks both servers random queries and compares what they say. */
export async function fuzz(servers: Servers, options: FuzzOptions): Promise<FuzzReport> {
  const { seed, findingsMax, tell = (): void => undefined } = options;
  const known = new Map<string, number>();
  const findings: Finding[] = [];
  let [queries, refused, answered] = [0, 0, 0];
  for (let worlds = 0; queries < options.queries; worlds++) {
    const world = await servers.load(randomWorld(new Random(seed, `world ${worlds}`)));
    const random = new Random(seed, `queries ${worlds}`);
    for (let i = 0; i < QUERIES_PER_WORLD && queries < options.queries; i++) {
      queries++;
      const one = { ...randomQuery(random), world };
      const answers = await servers.ask(world, one.text, one.asked);
      const difference = differenceOf(one, answers);
      if (difference === undefined) {
        if (answers.ours.kind === "refused") refused++;
        else if (answers.ours.kind === "single" || answers.ours.series.length > 0) answered++;
        continue;
      }
      const result = await explain(servers, one, difference);
      if (typeof result === "string") known.set(result, (known.get(result) ?? 0) + 1);
      else {
        findings.push(result);
        tell(
          `${result.original}\n${result.difference.what}: ${result.difference.detail}\n${result.script}\n`,
        );
        if (findings.length >= findingsMax) return { queries, refused, answered, known, findings };
      }
    }
  }
  return { queries, refused, answered, known, findings };
}

/** Only what is sorted by value, and a range query's series, have an order that is promised. */
function orderOf(text: string, asked: Asked): Order {
  if (asked.kind === "range") return "labels";
  const tree = treeOf(text);
  const top = tree === undefined ? undefined : unwrap(tree);
  return top?.kind === "call" && /^sort(?:_desc)?$/.test(top.name) ? "values" : "none";
}

function differenceOf({ text, asked }: Case, { ours, theirs }: Answers): Difference | undefined {
  return compareAnswers(ours, theirs, orderOf(text, asked));
}

/** The name of a known reason, or the difference made small. */
async function explain(
  servers: Servers,
  original: Case,
  { what, detail }: Difference,
): Promise<string | Finding> {
  let latest: Found | undefined;
  const differs = async (one: Case): Promise<boolean> => {
    const { text, asked, world } = one;
    const answers = await servers.ask(world, text, asked);
    const difference = differenceOf(one, answers);
    if (difference?.what !== what) return false;
    if (what === "status" && difference.detail !== detail) return false;
    const ask = (other: string, when = asked): Promise<Answers> => servers.ask(world, other, when);
    latest = { text, asked, difference, answers, ask, baseS: world.baseMs / 1000 };
    return true;
  };
  const patience = new Patience();
  await differs(original);
  const small = await shrinkQuery(original, differs, { patience, byToken: what === "status" });
  // Prometheus may choose otherwise when it is asked again, so that what was seen is what counts.
  const reason = latest === undefined ? "not seen again" : await reasonFor(latest);
  if (reason !== undefined) return reason;
  const unexplained = async (one: Case): Promise<boolean> =>
    (await differs(one)) && latest !== undefined && (await reasonFor(latest)) === undefined;
  const load = servers.load.bind(servers);
  const least = await shrinkWorld(small, unexplained, { load, patience });
  const answers = await servers.ask(least.world, least.text, least.asked);
  const difference = differenceOf(least, answers);
  return {
    original: original.text,
    difference: difference ?? { what, detail: "not seen again" },
    script: printScript(least, answers),
  };
}
