import { unquote } from "../../model/go-string.ts";
import { parseFloatText } from "../../model/go-float.ts";
import { compilePattern } from "../../model/pattern.ts";
import type {
  Eval,
  EvalSpan,
  Expectations,
  Expected,
  ExpectedSeries,
  TextCheck,
} from "./script.ts";
import { durationOf, parsePart, partOf, refuseLine, type ScriptLine } from "./script-lines.ts";
import { parseSeriesLine } from "./series-line.ts";

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+at\s+(\S+)\s+(.+)$/d;
const RANGE =
  /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/d;

/** Reads `eval` and what is expected below it. */
export function parseEval(header: ScriptLine, next: () => ScriptLine | undefined): Eval {
  const instant = INSTANT.exec(header.text);
  const match = instant ?? RANGE.exec(header.text);
  if (match === null) {
    const wanted = '"eval instant at TIME QUERY" or "eval range from TIME to TIME step STEP QUERY"';
    refuseLine(header, `expected ${wanted}`);
  }
  const span: EvalSpan =
    instant === null
      ? { kind: "range", ...spanOf(header, match, 2) }
      : { kind: "instant", at: durationOf(header, match, 2) };
  const reader = new ExpectedReader(span.kind, match[1]);
  for (let line = next(); line !== undefined; line = next()) {
    if (reader.read(line) === "last") break;
  }
  const group = instant === null ? 5 : 3;
  return {
    kind: "eval",
    line: header.number,
    exprColumn: header.column + partOf(match, group).from,
    expr: match[group] ?? "",
    span,
    expected: reader.expected(),
    expectations: reader.expectations(),
  };
}

/** Three groups of a match: from, to, step. */
function spanOf(line: ScriptLine, match: RegExpExecArray, group: number) {
  const from = durationOf(line, match, group);
  const to = durationOf(line, match, group + 1);
  const stepMs = durationOf(line, match, group + 2);
  if (to < from) refuseLine(line, "the range ends before it begins", partOf(match, group + 1));
  if (stepMs === 0) refuseLine(line, "expected a step above 0", partOf(match, group + 2));
  return { from, to, stepMs };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

class ExpectedReader {
  private readonly kind: EvalSpan["kind"];
  private readonly fails: TextCheck[] = [];
  private readonly warn: TextCheck[] = [];
  private readonly info: TextCheck[] = [];
  private readonly flags: Mutable<Pick<Expectations, "ordered" | "noWarn" | "noInfo">>;
  private rangeVector: Expectations["rangeVector"];
  private scalar: number | undefined;
  private text: string | undefined;
  private readonly series: ExpectedSeries[] = [];
  private readonly isOldFail: boolean;

  constructor(kind: EvalSpan["kind"], mode: string | undefined) {
    this.kind = kind;
    this.isOldFail = mode === "fail";
    this.flags = { ordered: mode === "ordered", noWarn: false, noInfo: false };
    if (mode === "fail") this.fails.push({ kind: "any" });
    if (mode === "warn") this.warn.push({ kind: "any" });
    if (mode === "info") this.info.push({ kind: "any" });
  }

  /** A number and the older lines about failures end their block. */
  read(line: ScriptLine): "more" | "last" {
    const { text } = line;
    if (this.isOldFail && /^expected_fail_(?:message|regexp)\b/.test(text)) {
      this.readOldFail(line);
      return "last";
    }
    if (/^expect range vector\b/.test(text)) this.readRangeVector(line);
    else if (/^expect string(?:\s|$)/.test(text)) this.readString(line);
    else if (/^expect(?:\s|$)/.test(text)) this.readExpect(line);
    else {
      const number = parseFloatText(text);
      if (number === undefined) {
        this.readSeries(line);
        return "more";
      }
      this.scalar = number;
      return "last";
    }
    return "more";
  }

  expected(): Expected {
    if (this.text !== undefined) return { kind: "string", value: this.text };
    if (this.scalar !== undefined) return { kind: "scalar", value: this.scalar };
    return { kind: "series", series: this.series };
  }

  expectations(): Expectations {
    const { flags, warn, info, rangeVector } = this;
    return { ...flags, warn, info, rangeVector, fail: this.fails.at(-1) };
  }

  private readOldFail(line: ScriptLine): void {
    const [, how, text = ""] = /^expected_fail_(message|regexp)\s*(.*)$/.exec(line.text) ?? [];
    this.fails.push(textCheck(line, how === "message" ? "msg" : "regex", text));
  }

  private readRangeVector(line: ScriptLine): void {
    const match = /^expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/d.exec(
      line.text,
    );
    if (match === null) {
      refuseLine(line, 'expected "expect range vector from TIME to TIME step STEP"');
    }
    if (this.kind === "range") {
      refuseLine(
        line,
        "a range query cannot give a range vector; write eval instant at TIME QUERY",
      );
    }
    this.rangeVector = spanOf(line, match, 1);
  }

  private readString(line: ScriptLine): void {
    const literal = /^expect string\s+(["'`].*)$/.exec(line.text)?.[1] ?? "";
    const text = literal.length < 2 ? undefined : unquote(literal);
    if (typeof text !== "string") {
      refuseLine(line, 'expected a text in quotes, as in expect string "text"');
    }
    this.text = text;
  }

  private readExpect(line: ScriptLine): void {
    const match = EXPECT.exec(line.text);
    if (match === null) {
      refuseLine(
        line,
        "expected expect and one of fail, warn, no_warn, info, no_info, ordered, range vector, " +
          'string; after fail, warn and info "msg: TEXT" or "regex: PATTERN" may follow',
      );
    }
    const [, what = "", how, text = ""] = match;
    const check = how === undefined ? ANY : textCheck(line, how, text);
    switch (what) {
      case "fail":
        if (this.fails.length > 0) refuseLine(line, "expect fail is told twice");
        this.fails.push(check);
        break;
      case "warn":
        this.warn.push(check);
        break;
      case "info":
        this.info.push(check);
        break;
      case "no_warn":
        this.flags.noWarn = true;
        break;
      case "no_info":
        this.flags.noInfo = true;
        break;
      default:
        this.readOrdered(line);
    }
    this.refuseContradiction(line);
  }

  private readOrdered(line: ScriptLine): void {
    if (this.kind === "range") {
      refuseLine(line, "a range query sorts its series by labels; only instant ones are ordered");
    }
    this.flags.ordered = true;
  }

  private refuseContradiction(line: ScriptLine): void {
    if (this.flags.noWarn && this.warn.length > 0) {
      refuseLine(line, "warn and no_warn cannot both be expected");
    }
    if (this.flags.noInfo && this.info.length > 0) {
      refuseLine(line, "info and no_info cannot both be expected");
    }
  }

  private readSeries(line: ScriptLine): void {
    const one = parsePart(line, 0, parseSeriesLine);
    if (one.values.length === 0) refuseLine(line, "expected the series' values");
    if (one.values.length > 1 && this.kind === "instant" && this.rangeVector === undefined) {
      const remedy = '"expect range vector from TIME to TIME step STEP" before it allows more';
      refuseLine(line, `an instant query gives one value a series; ${remedy}`);
    }
    if (this.series.some(({ labels }) => labels.key === one.labels.key)) {
      refuseLine(line, "this series is expected twice");
    }
    this.series.push(one);
  }
}

const ANY: TextCheck = { kind: "any" };
const EXPECT = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(msg|regex):(.+))?$/;

function textCheck(line: ScriptLine, how: string, text: string): TextCheck {
  const wanted = text.trim();
  if (how === "msg") return { kind: "msg", text: wanted };
  const from = line.text.length - wanted.length;
  const pattern = parsePart(line, from, (source) =>
    compilePattern(source, { kind: "promql-test" }),
  );
  return { kind: "regex", pattern };
}
