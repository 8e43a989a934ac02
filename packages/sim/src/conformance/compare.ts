import { OtlpSink } from "./otlp-sink.ts";
import { ProviderStub } from "../provider-stubs/provider-stub.ts";
import { apiAndName, CLIENTS, type ComparedClient } from "./comparison-cases.ts";
import { INSTRUMENTATIONS, type InstrumentedProgram } from "./instrumentations.ts";
import { isInstalled, runProgram } from "./run-client.ts";
import { differencesOf } from "./told-differences.ts";
import { type Told, toldByRun } from "./told.ts";
import { type WireTruth, wireTruth } from "./wire-truth.ts";

/** What one instrumentation told. */
export type Compared = {
  readonly name: string;
  /** Where each case differs, by `client/case`; those of APIs that it does not know are absent. */
  readonly differences: ReadonlyMap<string, readonly string[]>;
  /** What it measures beside its spans. */
  readonly metrics: readonly string[];
};

type CaseRun = { readonly truth: WireTruth; readonly told: Told };

/** Folders of programs whose packages are not installed. */
export function missingFolders(): readonly string[] {
  const folders = INSTRUMENTATIONS.flatMap(({ programs }) => programs.map(({ folder }) => folder));
  return [...new Set(folders)].filter((folder) => !isInstalled(folder));
}

/** How many programs run at once: most of the time they wait for a stub, and each wants some memory. */
const AT_ONCE = 5;

/**
 * Between the events of a stream. So slow that a span which ends with the answer's headers is seen to end
 * before the stream, on a busy machine too.
 */
const EVENT_MS = 12;

/** Runs every case through every instrumentation and compares what is told with the wire. */
export async function compare(): Promise<readonly Compared[]> {
  const jobs = INSTRUMENTATIONS.flatMap(({ name, programs }) =>
    programs.map((program) => ({ name, program })),
  );
  const runs = new Map(INSTRUMENTATIONS.map(({ name }) => [name, new Map<string, CaseRun>()]));
  const queue = jobs.values();
  const work = async (): Promise<void> => {
    for (const { name, program } of queue) {
      for (const [run, found] of await runCases(program)) runs.get(name)?.set(run, found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return [...runs].map(([name, cases]) => comparedOf(name, cases));
}

function comparedOf(name: string, cases: ReadonlyMap<string, CaseRun>): Compared {
  const all = [...cases.values()].map(({ told }) => told);
  const abilities = {
    durations: all.some(({ durations }) => durations > 0),
    tokens: all.some(({ tokens }) => tokens.size > 0),
  };
  const metrics = Object.entries(abilities).flatMap(([metric, isTold]) => (isTold ? metric : []));
  const known = new Set([...cases].filter(([, { told }]) => isKnown(told)).map(apiOf));
  const differences = [...cases]
    .filter((one) => known.has(apiOf(one)))
    .map(([run, { truth, told }]) => [run, differencesOf(truth, told, abilities)] as const);
  return { name, metrics, differences: new Map(differences) };
}

/** Whether as much as a span was begun. */
function isKnown({ calls, openSpans }: Told): boolean {
  return calls.length > 0 || openSpans > 0;
}

function apiOf([run, { truth }]: readonly [string, CaseRun]): string {
  return `${run.split("/", 1)[0] ?? ""} ${truth.operation} ${apiAndName(run.split("/")[1] ?? "")[0]}`;
}

/** Takes a program through the cases of its clients. */
async function runCases(program: InstrumentedProgram): Promise<ReadonlyMap<string, CaseRun>> {
  const clients = CLIENTS.filter(({ name }) => program.clients[name] !== undefined);
  const served = clients.map((client) => ({
    client,
    stub: new ProviderStub(client.answers, EVENT_MS),
  }));
  const sink = new OtlpSink();
  const otlpUrl = await sink.start();
  try {
    const plans = new Map<string, object>();
    for (const { client, stub } of served) {
      const modelUrl = await stub.start();
      plans.set(client.name, { modelUrl, cases: [...client.answers.keys()] });
    }
    const [only] = program.file === undefined ? clients : [];
    const plan =
      only === undefined
        ? { otlpUrl, clients: Object.fromEntries(plans) }
        : { otlpUrl, ...plans.get(only.name) };
    const environment = { ...program.environment, OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl };
    const lines = await runProgram({ ...program, environment }, plan);
    const toldOf = toldByRun(sink.delivered, lines, only?.name);
    return new Map(served.flatMap(({ client, stub }) => runsOf(client, stub, toldOf)));
  } finally {
    await sink.stop();
    for (const { stub } of served) await stub.stop();
  }
}

function runsOf(
  { name: client, answers }: ComparedClient,
  { asked }: ProviderStub,
  toldOf: (run: string) => Told,
): readonly (readonly [string, CaseRun])[] {
  return [...answers].map(([name, scripted]) => {
    const its = asked.filter((one) => one.case === name);
    // A client may give up on a silent server before the server has read its request.
    const [api] = apiAndName(name);
    const like = its.length > 0 ? its : asked.filter((one) => apiAndName(one.case)[0] === api);
    const run = `${client}/${name}`;
    return [run, { truth: wireTruth(name, scripted, like), told: toldOf(run) }] as const;
  });
}
