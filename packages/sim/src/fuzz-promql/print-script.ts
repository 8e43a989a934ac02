import { formatFloat } from "@naruko/core/model/go-float";
import { formatLabels } from "@naruko/core/model/labels";
import { type Answer, numberOf, showAnswer } from "./answer.ts";
import type { Asked } from "./random-query.ts";
import type { Answers } from "./servers.ts";
import type { Case } from "./shrink.ts";
import type { WorldSample } from "./world.ts";

/**
 * A script in Prometheus' test language that shows a case, with Prometheus' answer as the expected
 * one. In the script the world begins at 0, so that what depends on the date comes out otherwise.
 */
export function printScript({ world, text, asked }: Case, { ours, theirs }: Answers): string {
  const lines = world.series.map(
    ({ labels, samples }) => `  ${formatLabels(labels).replaceAll(", ", ",")} ${values(samples)}`,
  );
  const query = text.replaceAll(/\s+/g, " ");
  const here = showAnswer(ours).replaceAll("\n", "\n#   ");
  return [
    "clear",
    "load 1s",
    ...lines,
    `# here: ${here}`,
    `# times there count from ${world.baseMs / 1000}`,
    `eval ${when(asked)} ${query}`,
    ...expected(theirs).map((line) => `  ${line}`),
    "",
  ].join("\n");
}

function when(asked: Asked): string {
  if (asked.kind === "instant") return `instant at ${asked.atS}s`;
  return `range from ${asked.fromS}s to ${asked.toS}s step ${asked.stepS}s`;
}

/** A value a second; runs of seconds without one as `_xN`. */
function values(samples: readonly WorldSample[]): string {
  const parts: string[] = [];
  let next = 0;
  for (const { atS, value } of samples) {
    if (atS > next) parts.push(`_x${atS - next}`);
    parts.push(typeof value === "number" ? written(value) : value);
    next = atS + 1;
  }
  return parts.join(" ");
}

function written(value: number): string {
  return formatFloat(value, "g", -1);
}

function expected(theirs: Answer): readonly string[] {
  if (theirs.kind === "refused") return ["expect fail", `# ${theirs.why.replaceAll("\n", " ")}`];
  if (theirs.kind === "single") {
    const value = theirs.points[0]?.[1] ?? "";
    return [theirs.type === "string" ? `expect string ${JSON.stringify(value)}` : value];
  }
  return theirs.series.map(({ name, points }) => {
    const text = points.map(
      ([at, value]) => `${written(numberOf(value))}${points.length > 1 ? `@${at}` : ""}`,
    );
    return `${name} ${text.join(" ")}`;
  });
}
