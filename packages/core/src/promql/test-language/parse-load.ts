import { parseDuration } from "../../model/duration.ts";
import type { Place } from "../../model/input-error.ts";
import type { Load, LoadedLine } from "./script.ts";
import { durationOf, parsePart, partOf, refuseLine, type ScriptLine } from "./script-lines.ts";
import { parseSeriesLine, type SeriesLine } from "./series-line.ts";

const HEADER = /^load(_with_nhcb)?\s+(\S+)$/d;

/** Reads `load STEP` and the series below it. */
export function parseLoad(header: ScriptLine, next: () => ScriptLine | undefined): Load {
  const match = HEADER.exec(header.text);
  if (match === null) {
    refuseLine(header, 'expected "load" or "load_with_nhcb", a step such as 30s, and nothing else');
  }
  const stepMs = durationOf(header, match, 2);
  if (stepMs === 0) refuseLine(header, "expected a step above 0", partOf(match, 2));
  const series: LoadedLine[] = [];
  let starts: Starts | undefined;
  for (let line = next(); line !== undefined; line = next()) {
    if (isStartLine(line)) {
      if (starts !== undefined) refuseLine(starts.line, ORPHAN);
      starts = parseStartLine(line);
      continue;
    }
    const { labels, values } = parsePart(line, 0, parseSeriesLine);
    const one = { line: line.number, labels, values };
    series.push(starts === undefined ? one : { ...one, startOffsetsMs: offsetsFor(starts, one) });
    starts = undefined;
  }
  if (starts !== undefined) refuseLine(starts.line, ORPHAN);
  const withCustomBuckets = match[1] !== undefined;
  return { kind: "load", line: header.number, stepMs, withCustomBuckets, series };
}

const ORPHAN = "expected the series of this @st line below it";

/** `metric{…}@st OFFSETS`: when the counters of the samples of the line below began. */
type Starts = {
  readonly line: ScriptLine;
  readonly key: string;
  readonly offsetsMs: readonly (number | undefined)[];
};

const START_LINE = /^\S+@st(?=\s)/;

function isStartLine({ text }: ScriptLine): boolean {
  return START_LINE.test(text);
}

function offsetsFor({ line, key, offsetsMs }: Starts, { labels, values }: SeriesLine) {
  if (labels.key !== key) refuseLine(line, "the series below this @st line has other labels");
  if (values.length !== offsetsMs.length) {
    const counts = `${offsetsMs.length} offsets, the series below has ${values.length} values`;
    refuseLine(line, `${counts}; write as many, "_" for none`);
  }
  return offsetsMs;
}

function parseStartLine(line: ScriptLine): Starts {
  const metricEnd = (START_LINE.exec(line.text)?.[0].length ?? 0) - "@st".length;
  const { labels } = parsePart(line, 0, (text) => parseSeriesLine(text.slice(0, metricEnd)));
  const offsetsMs: (number | undefined)[] = [];
  const from = metricEnd + "@st".length;
  for (const match of line.text.slice(from).matchAll(/\S+/g)) {
    const place = { from: from + match.index, to: from + match.index + match[0].length };
    offsetsMs.push(...startOffsets(line, match[0], place));
  }
  return { line, key: labels.key, offsetsMs };
}

const GAPS = /^_(?:x([1-9]\d*))?$/;
const OFFSETS = /^([+-]?)(\d+[a-z]*?)(?:([+-])(\d+[a-z]*?))?(?:x(\d+))?$/;
/** Values of one item; a repetition that would give more is refused. */
const REPEATED_MAX = 1_000_000;

/** `-1m` is one offset, `-1mx3` four, `-30s-1mx3` four that go on by -1m, `_x3` three gaps. */
function startOffsets(line: ScriptLine, item: string, place: Place): (number | undefined)[] {
  const gaps = GAPS.exec(item);
  const match = OFFSETS.exec(item);
  const refuse = (): never =>
    refuseLine(line, `expected an offset such as -1m, -1mx3 or -30s-1mx3, got "${item}"`, place);
  const count = Number(gaps?.[1] ?? match?.[5] ?? (gaps === null ? 0 : 1));
  if (count > REPEATED_MAX) refuseLine(line, `more than ${REPEATED_MAX} values`, place);
  if (gaps !== null) return Array.from({ length: count }, () => undefined);
  if (match === null) return refuse();
  const [, sign, first = "", direction, slope = "0", times] = match;
  if (direction !== undefined && times === undefined) refuse();
  const startMs = (parseDuration(first) ?? refuse()) * (sign === "-" ? -1 : 1);
  const slopeMs = (parseDuration(slope) ?? refuse()) * (direction === "-" ? -1 : 1);
  return Array.from({ length: count + 1 }, (_, i) => startMs + i * slopeMs);
}
