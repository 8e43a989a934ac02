import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { ProviderStub, type ScriptedAnswer } from "../provider-stubs/provider-stub.ts";
import { OtlpSink } from "./otlp-sink.ts";
import { telemetryText } from "./telemetry-text.ts";

/** An application around a real client, in a folder of `packages/sim/senders`. */
export type ClientRun = {
  readonly folder: string;
  /** What the provider answers, by the name of the case. */
  readonly answers: ReadonlyMap<string, readonly ScriptedAnswer[]>;
  /** Of `answers`, those to run; all of them where nothing is said. */
  readonly cases?: readonly string[] | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes the SDK as it is built: some packages have sources of their own under its condition. */
  readonly built?: boolean;
  /** Leaves the client as it is, to see what the application sees without us. */
  readonly bare?: boolean;
  /** Leaves it to `--import @naruko/sdk/register` to observe it. */
  readonly registered?: boolean;
};

/** What became of one case. */
export type CaseRun = {
  readonly name: string;
  /** What the application saw: a text, or its error. */
  readonly seen: string;
  /** What the provider was asked, and what was told of it. */
  readonly told: string;
};

/** Programs around real packages, with packages of their own. */
export const SENDERS_FOLDER: string = path.join(import.meta.dirname, "..", "..", "senders");
/** All cases of a client take a few seconds on an idle machine. */
const LIMIT_MS = 120_000;

/** Whether a folder's packages are installed; `npm test` does it. */
export function isInstalled(folder: string): boolean {
  return existsSync(path.join(SENDERS_FOLDER, folder, "node_modules"));
}

/** Runs an application through its cases and returns what arrived of each. */
export async function runClient(run: ClientRun): Promise<readonly CaseRun[]> {
  const stub = new ProviderStub(run.answers);
  const sink = new OtlpSink();
  const [modelUrl, otlpUrl] = [await stub.start(), await sink.start()];
  try {
    const cases = run.cases ?? [...run.answers.keys()];
    const plan = { cases, modelUrl, otlpUrl, bare: run.bare ?? run.registered };
    const printed = await runProgram(run, plan);
    assert.deepEqual(
      printed.filter(({ unhandled }) => unhandled !== undefined),
      [],
    );
    return cases.map((name) => {
      const seen = printed.find((line) => line.case === name);
      assert.ok(seen !== undefined, `${name}: the program did not get to it`);
      assert.equal(seen.same, true, `${name}: observe returned another client`);
      assert.equal(seen.faults, 0, `${name}: our own code failed`);
      // Before the server is silent, the client may have given up: on a busy machine it does.
      const silent = run.answers.get(name)?.some(({ kind }) => kind === "silent") === true;
      const requests = stub.asked.filter((request) => request.case === name && !silent);
      const asked = requests.map(askedText);
      const saw = seen.error === undefined ? `saw ${seen.text ?? ""}` : `error ${seen.error}`;
      return { name, seen: saw, told: [...asked, telemetryText(sink.delivered, name)].join("\n") };
    });
  } finally {
    await stub.stop();
    await sink.stop();
  }
}

function askedText({
  path: asked,
  body,
}: {
  readonly path: string;
  readonly body: object;
}): string {
  const options = "stream_options" in body ? ` ${JSON.stringify(body.stream_options)}` : "";
  return `asked ${asked}${options}`;
}

/** What a program prints of one case, or of a fault between them. */
export type Line = {
  readonly case?: string;
  readonly same?: boolean;
  readonly faults?: number;
  readonly text?: string;
  readonly error?: string;
  readonly unhandled?: string;
  /** `client/case`, and the trace that is its own. */
  readonly run?: string;
  readonly traceId?: string;
  /** The trace of a span that has not ended by the end of all cases. */
  readonly open?: string;
};

/** A program in a folder of `packages/sim/senders`, and how it is run. */
export type Program = Pick<ClientRun, "folder" | "environment" | "built" | "registered"> & {
  readonly file?: string;
};

/** Runs a program to its end and returns what it printed. */
export async function runProgram(run: Program, plan: object): Promise<readonly Line[]> {
  const source = run.built === true ? [] : ["--conditions=source"];
  const register = run.registered === true ? ["--import", "@naruko/sdk/register"] : [];
  const program = [...source, "--expose-gc", ...register, run.file ?? "sender.mjs"];
  const child = spawn(process.execPath, program, {
    cwd: path.join(SENDERS_FOLDER, run.folder),
    // Nothing of this process' own environment: NODE_OPTIONS and OTEL_* would change what is sent.
    env: {
      PATH: process.env["PATH"],
      ...run.environment,
      SENDER_PLAN: JSON.stringify(plan),
    },
    signal: AbortSignal.timeout(LIMIT_MS),
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  const [code] = await once(child, "close");
  assert.equal(code, 0, `${run.folder} ended with ${String(code)}: ${told}`);
  return printed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}
