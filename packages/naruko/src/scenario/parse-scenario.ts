import { parseDuration } from "@naruko/core/model/duration";
import { InputError } from "@naruko/core/model/input-error";
import { labelValue, METRIC_NAME } from "@naruko/core/model/labels";
import { SECOND_MS } from "@naruko/core/model/time";
import { parseSeriesLine } from "@naruko/core/promql/test-language/series-line";
import { parseExpression } from "@naruko/core/rules/expression";
import { CallDraft } from "./call-keys.ts";
import { parseExpectation } from "./expectation.ts";
import { LineCursor } from "./line-cursor.ts";
import type {
  Check,
  Gap,
  InlineRule,
  Load,
  NamedFile,
  Position,
  Scenario,
  Traffic,
} from "./scenario.ts";
import { checkTimes } from "./scenario-times.ts";

const DEFAULT_INTERVAL_MS = 15 * SECOND_MS;
/** Faults that one file shows; more of them say nothing more. */
const FAULTS_MAX = 20;

/**
 * Reads a `.scenario` file (DESIGN section 3).
 *
 * @throws InputError of kind `scenario` with every fault, as `file:line:column: …`, a line each
 */
export function parseScenario(name: string, text: string): Scenario {
  const reader = new ScenarioReader(name);
  const faults: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const cursor = new LineCursor(name, index + 1, line);
    if (cursor.isAtEnd()) continue;
    try {
      reader.directive(cursor);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      faults.push(error.message);
    }
  }
  refuse(faults);
  const scenario = reader.scenario();
  refuse(checkTimes(scenario));
  return scenario;
}

function refuse(faults: readonly string[]): void {
  if (faults.length === 0) return;
  throw new InputError("scenario", faults.slice(0, FAULTS_MAX).join("\n"));
}

type Directive = (reader: ScenarioReader, cursor: LineCursor, position: Position) => void;

class ScenarioReader {
  readonly #name: string;
  readonly #ruleFiles: NamedFile[] = [];
  readonly #rules: InlineRule[] = [];
  readonly #loads: Load[] = [];
  readonly #traffic: Traffic[] = [];
  readonly #gaps: Gap[] = [];
  readonly #checks: Check[] = [];
  #routing: NamedFile | undefined;
  #intervalMs: number | undefined;

  static readonly #directives: ReadonlyMap<string, Directive> = new Map<string, Directive>([
    ["rules", (reader, cursor, position) => reader.#ruleFiles.push(fileOf(cursor, position))],
    ["routing", (reader, cursor, position) => reader.#readRouting(cursor, position)],
    ["every", (reader, cursor, position) => reader.#readInterval(cursor, position)],
    ["rule", (reader, cursor) => reader.#rules.push(inlineRule(cursor))],
    ["load", (reader, cursor) => reader.#loads.push(loadOf(cursor))],
    ["calls", (reader, cursor) => reader.#traffic.push(trafficOf(cursor))],
    ["gap", (reader, cursor, position) => reader.#gaps.push(gapOf(cursor, position))],
    ["at", (reader, cursor, position) => reader.#checks.push(checkOf(cursor, position))],
  ]);

  constructor(name: string) {
    this.#name = name;
  }

  directive(cursor: LineCursor): void {
    const { position } = cursor;
    const word = cursor.word("a directive");
    const read = ScenarioReader.#directives.get(word);
    if (read === undefined) {
      const known = [...ScenarioReader.#directives.keys()].join(", ");
      cursor.refuse(`unknown directive "${word}"; there are ${known}`, position);
    }
    read(this, cursor, position);
    cursor.expectEnd();
  }

  scenario(): Scenario {
    return {
      name: this.#name,
      intervalMs: this.#intervalMs ?? DEFAULT_INTERVAL_MS,
      ruleFiles: this.#ruleFiles,
      routing: this.#routing,
      rules: this.#rules,
      loads: this.#loads,
      traffic: this.#traffic,
      gaps: this.#gaps,
      checks: this.#checks,
    };
  }

  #readRouting(cursor: LineCursor, position: Position): void {
    if (this.#routing !== undefined) cursor.refuse("routing is given twice", position);
    this.#routing = fileOf(cursor, position);
  }

  #readInterval(cursor: LineCursor, position: Position): void {
    if (this.#intervalMs !== undefined) cursor.refuse("every is given twice", position);
    const { position: duration } = cursor;
    const intervalMs = cursor.duration("the time between ticks");
    if (intervalMs < SECOND_MS) cursor.refuse("expected at least 1s between ticks", duration);
    this.#intervalMs = intervalMs;
  }
}

function fileOf(cursor: LineCursor, position: Position): NamedFile {
  return { file: cursor.text("a file, relative to this one"), position };
}

/** `NAME for D: EXPR`. */
function inlineRule(cursor: LineCursor): InlineRule {
  const name = cursor.word("the rule's name");
  const { position } = cursor;
  if (cursor.word('"for"') !== "for") cursor.refuse('expected "for" and a duration', position);
  const [held, duration] = /^([^\s:]+)\s*:/.exec(cursor.rest()) ?? [];
  if (held === undefined || duration === undefined) {
    cursor.refuse('expected a duration and ":" before the expression');
  }
  const forMs = parseDuration(duration);
  if (forMs === undefined) {
    cursor.refuse(`expected a duration, such as 90s or 1h30m, got "${duration}"`);
  }
  cursor.skip(held.length);
  if (cursor.isAtEnd()) cursor.refuse("expected a PromQL expression");
  const expr = cursor.parse((text) => parseExpression(text).text);
  cursor.skip(expr.length);
  return { name, forMs, expr };
}

function loadOf(cursor: LineCursor): Load {
  const { position } = cursor;
  const stepMs = cursor.duration("the time between two points");
  if (stepMs === 0) cursor.refuse("expected a step above 0", position);
  const series = cursor.position;
  const rest = cursor.rest();
  const { labels, values } = cursor.parse(parseSeriesLine);
  if (labelValue(labels, METRIC_NAME) === "") cursor.refuse("expected a metric's name", series);
  if (values.length === 0) cursor.refuse("expected the series' values", series);
  const numbers = values.flatMap((value) => (typeof value === "object" ? [] : [value]));
  if (numbers.length < values.length) {
    const elsewhere = "a .test script and a file of rule tests load native histograms";
    cursor.refuse(`a scenario loads numbers; ${elsewhere}`, series);
  }
  cursor.skip(rest.length);
  return { stepMs, labels, values: numbers };
}

function trafficOf(cursor: LineCursor): Traffic {
  const { line } = cursor;
  const [fromMs, toMs] = spanOf(cursor);
  const { position } = cursor;
  const rate = cursor.word("a number of calls a minute");
  const callsPerMinute = /^\d+(?:\.\d+)?$/.test(rate) ? Number(rate) : 0;
  if (!(callsPerMinute > 0)) {
    cursor.refuse(`expected a number of calls a minute, above 0, got "${rate}"`, position);
  }
  const draft = new CallDraft();
  const keys = new Set<string>();
  while (!cursor.isAtEnd()) readPair(cursor, draft, keys);
  return { line, fromMs, toMs, callsPerMinute, call: draft.fields() };
}

function readPair(cursor: LineCursor, draft: CallDraft, keys: Set<string>): void {
  const { position } = cursor;
  const key = /^([^\s="]+)=/.exec(cursor.rest())?.[1];
  if (key === undefined) cursor.refuse(`expected key=value, got "${cursor.rest()}"`);
  if (keys.has(key)) cursor.refuse(`${key} is given twice`);
  keys.add(key);
  cursor.skip(key.length + 1);
  const refusal = draft.set(key, cursor.text(`a value for ${key}`));
  if (refusal !== undefined) cursor.refuse(refusal, position);
}

function gapOf(cursor: LineCursor, position: Position): Gap {
  const [fromMs, toMs] = spanOf(cursor);
  return { fromMs, toMs, position };
}

function spanOf(cursor: LineCursor): readonly [from: number, to: number] {
  const from = cursor.duration("when it begins");
  const { position } = cursor;
  const to = cursor.duration("when it ends");
  if (to <= from) cursor.refuse("expected an end after the beginning", position);
  return [from, to];
}

function checkOf(cursor: LineCursor, position: Position): Check {
  return { atMs: cursor.duration("a time"), position, expected: parseExpectation(cursor) };
}
