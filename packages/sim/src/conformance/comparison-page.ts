// docs/conformance.md, as `npm run conformance` writes it: what the comparison found and nothing that
// differs from run to run.
import { readFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import type { Compared } from "./compare.ts";
import { apiAndName, CLIENTS, type ClientName } from "./comparison-cases.ts";
import { type Instrumented, INSTRUMENTATIONS, OURS } from "./instrumentations.ts";
import { SENDERS_FOLDER } from "./run-client.ts";

const TITLES: Readonly<Record<ClientName, string>> = {
  openai: "OpenAI's client",
  anthropic: "Anthropic's client",
  google: "Google's client",
  bedrock: "AWS' client of Bedrock",
  vercel: "Vercel AI SDK",
};

const WITHOUT = "does not support";

const INTRODUCTION = `# Conformance, compared

\`npm run conformance\` writes this page: it takes real client libraries through the same cases, against
stubs that answer as the providers' servers do (server-sent events split at awkward bytes, refusals,
silence, connections that break), once with each instrumentation, and compares what each exports by OTLP
with what went over the wire. The same runs are a test, which fails where ours differs anywhere or this
page says something else:

\`\`\`sh
npm run conformance
npm test -- packages/sim/src/conformance/comparison.test.ts
\`\`\`

_All_ says that the case was told as it was; otherwise the cell says what is missing or untrue. Compared are:
that each call is told once and its span ends, and not before the answer does; provider, operation,
requested and answering model; whether it is a stream, and that there is a time to its first chunk; input,
output, cached and reasoning tokens; the finish reason; how it failed, was called off or left; metrics of
durations and tokens, where the package has such metrics at all; and whether a rejection reaches the
application's process that nobody handles (which ends it by default). What is right by these is read from
the stub's script, not from any instrumentation.

What is exported is read as Naruko's server reads it: each dialect by its own names, nested copies of a call
once, so that spellings are no differences. Three rules decide the rest:

- A refusal's \`error.type\` is the status or a code from the answer's body, as the conventions have it; a
  class of the client library is shown as a difference. That of a timeout or a cut stream may have any name
  that says so. To call a request off, or to leave a stream, is no error: it may be told as one, or by any
  other word, but not as an answer that came whole.
- Usage that the wire did not tell is missing: a zero or a guess in its place is a difference. Where a call
  stopped on the way, what the wire had told by then may be told. OpenAI's chat streams tell usage only to
  who asks: the application does in all cases but _streamed_, and Naruko's SDK asks by itself.
- A time to the first chunk counts from the request. What OpenLIT tells by that name counts from the answer's
  headers: Naruko does not read it.
`;

/** The whole page, formatted as the repository's other pages are. */
export function comparisonPage(compared: readonly Compared[]): Promise<string> {
  const sections = CLIENTS.flatMap(({ name }) => clientSection(name, compared));
  const text = [INTRODUCTION, ...packagesSection(compared), ...sections].join("\n");
  return format(text, { parser: "markdown", printWidth: 100 });
}

function packagesSection(compared: readonly Compared[]): readonly string[] {
  const rows = INSTRUMENTATIONS.map(({ name, programs }) => {
    const clients = Object.assign({}, ...programs.map((program) => program.clients)) as Clients;
    const found = compared.find((one) => one.name === name);
    const cells = CLIENTS.map((client) => supportOf(clients[client.name], client.name, found));
    return row([name, ...cells, found?.metrics.join(", ") || "none"]);
  });
  const heads = ["", ...CLIENTS.map(({ name }) => TITLES[name]), "metrics"];
  return [
    "## Packages\n",
    "How many cases each tells as they were, with which package and which version of the client:\n",
    row(heads),
    row(heads.map(() => "---")),
    ...rows,
    `\n${UNCOMPARED}`,
  ];
}

/** What may be looked for here, and is not. */
const UNCOMPARED = `_contrib_ is OpenTelemetry's repository of instrumentations, _AI SDK's own_ the plug-in that its
makers publish. OpenLIT instruments \`@google/generative-ai\`, the client before \`@google/genai\`, and the AI
SDK before its version 5. \`@arizeai/openinference-vercel\` and OpenLLMetry's SDK rename the spans that the AI
SDK tells of itself. The spans that Anthropic's client makes of itself, without usage, are left out.
`;

type Clients = { readonly [K in ClientName]?: Instrumented };

function supportOf(
  packages: Instrumented | undefined,
  client: ClientName,
  found: Compared | undefined,
): string {
  if (packages === undefined || found === undefined) return WITHOUT;
  const { by, client: copy } = packages;
  const cells = [...found.differences].filter(([run]) => run.startsWith(`${client}/`));
  const whole = cells.filter(([, differences]) => differences.length === 0).length;
  const told = by === OURS ? `\`${OURS}\`` : packageAt(by);
  return `${whole} of ${cells.length}: ${told} on ${packageAt(copy)}`;
}

function packageAt(folder: string): string {
  const file = path.join(SENDERS_FOLDER, folder, "package.json");
  const { name, version } = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  return `\`${name ?? ""}\` ${version ?? ""}`;
}

/** A table for each API of a client, with a column for each instrumentation that knows the client. */
function clientSection(client: ClientName, compared: readonly Compared[]): readonly string[] {
  const columns = compared.filter(({ differences }) =>
    [...differences.keys()].some((run) => run.startsWith(`${client}/`)),
  );
  const runs = [...(columns[0]?.differences.keys() ?? [])]
    .filter((run) => run.startsWith(`${client}/`))
    .map((run) => run.slice(client.length + 1));
  const apis = [...new Set(runs.map((run) => apiAndName(run)[0]))];
  return apis.flatMap((api) => {
    const heads = ["case", ...columns.map(({ name }) => name)];
    const rows = runs
      .filter((run) => apiAndName(run)[0] === api)
      .map((run) => {
        const cells = columns.map(({ differences }) => cellOf(differences.get(`${client}/${run}`)));
        return row([apiAndName(run)[1], ...cells]);
      });
    const title = api === "" ? TITLES[client] : `${TITLES[client]}, ${api}`;
    return [`\n## ${title}\n`, row(heads), row(heads.map(() => "---")), ...rows, ""];
  });
}

function cellOf(differences: readonly string[] | undefined): string {
  if (differences === undefined) return WITHOUT;
  return differences.length === 0 ? "all" : differences.join("; ");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
