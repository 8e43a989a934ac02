import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Call, CallFacts } from "@naruko/core/model/call";
import { inference } from "@naruko/core/testing/calls";

/** Text of an answer: as it is, or parts of which some repeat so many times. */
type FixtureText = string | readonly (string | readonly [string, number])[];

/** One labelled example, as a line of `fixtures/FLAG.jsonl`; everything absent is as in a plain chat. */
export type Fixture = {
  /** Not looked at while detectors were made. */
  readonly held?: boolean;
  /** All flags that the example is to raise, not the file's alone. */
  readonly flags: readonly string[];
  readonly lang: string;
  readonly sys?: string;
  readonly in?: string;
  readonly out?: FixtureText;
  readonly fin?: readonly string[];
  readonly ending?: Call["ending"];
  readonly error?: string;
  readonly kind?: Call["kind"];
  readonly op?: string;
  readonly model?: string;
  readonly stream?: boolean;
  readonly usage?: Call["usage"];
  readonly type?: string;
  readonly schema?: unknown;
  readonly tools?: readonly (string | { readonly name: string; readonly parameters?: unknown })[];
  readonly calls?: readonly (string | { readonly name: string; readonly arguments?: string })[];
  /** Earlier answers, as pairs of length and how many had it; with `length`, of `length-habit` alone. */
  readonly history?: readonly (readonly [number, number])[];
  readonly length?: number;
  readonly unit?: "characters" | "tokens";
  /** What makes it hard. */
  readonly why?: string;
};

/** The examples of each flag, by its name. */
export function readFixtures(): ReadonlyMap<string, readonly Fixture[]> {
  const folder = path.join(import.meta.dirname, "fixtures");
  const files = readdirSync(folder).toSorted();
  return new Map(
    files.map((file) => [
      path.basename(file, ".jsonl"),
      readFileSync(path.join(folder, file), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Fixture),
    ]),
  );
}

/** The call that an example is about. */
export function callOf(fixture: Fixture): Call {
  const { sys, out, fin, ending, error, usage } = fixture;
  const text = {
    ...(sys !== undefined && { system: sys }),
    ...(fixture.in !== undefined && { input: fixture.in }),
    ...(out !== undefined && { output: textOf(out) }),
  };
  return inference({
    text,
    facts: factsOf(fixture),
    finishReasons: fin ?? ["stop"],
    ...(fixture.kind && { kind: fixture.kind }),
    ...(fixture.op !== undefined && { operation: fixture.op }),
    ...(fixture.model !== undefined && { requestModel: fixture.model }),
    ...(fixture.stream !== undefined && { stream: fixture.stream }),
    ...(ending && { ending }),
    ...(error !== undefined && { errorType: error }),
    ...(usage && { usage }),
  });
}

function textOf(text: FixtureText): string {
  if (typeof text === "string") return text;
  return text.map((part) => (typeof part === "string" ? part : part[0].repeat(part[1]))).join("");
}

function factsOf({ type, schema, tools, calls }: Fixture): CallFacts {
  return {
    ...(type !== undefined && { outputType: type }),
    ...(schema !== undefined && { outputSchema: written(schema) }),
    ...(tools && {
      tools: tools.map((tool) =>
        typeof tool === "string"
          ? { name: tool }
          : {
              name: tool.name,
              ...(tool.parameters !== undefined && { parameters: written(tool.parameters) }),
            },
      ),
    }),
    ...(calls && {
      toolCalls: calls.map((call) => (typeof call === "string" ? { name: call } : call)),
    }),
  };
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
