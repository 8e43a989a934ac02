import { existsSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { NOT_SET } from "../config/environment.ts";
import { DEFAULT_CONFIG_FILE } from "../config/load-config.ts";
import { type Sources, SOURCES_PATH } from "../listen/sources-api.ts";
import { checkPorts } from "../listen/check-ports.ts";
import { urlOf } from "../listen/url-of.ts";
import { apiData, DEFAULT_URL, serverAt, TLS_OPTIONS } from "./ask-server.ts";
import type { Command, Values, World } from "./command.ts";
import { EXIT, Misuse, textOption } from "./command.ts";
import { diagnose } from "./diagnose.ts";
import { examineSetup } from "./examine-setup.ts";
import { type Finding, wrong } from "./finding.ts";
import { reachReceivers } from "./reach-receivers.ts";

/** `naruko doctor`: what is wrong with a set-up, what arrives at its server, and the line that mends it. */
export const doctorCommand: Command = {
  usage: "doctor [options]",
  summary: "say what is wrong with a set-up and with what arrives, and the line that mends it",
  options: {
    config: {
      type: "string",
      value: "FILE",
      help: `configuration to examine (default: ${DEFAULT_CONFIG_FILE} if it exists and there is no --url)`,
    },
    url: {
      type: "string",
      value: "URL",
      help: `server to ask (default: where the configuration says, else ${DEFAULT_URL})`,
    },
    ...TLS_OPTIONS,
    json: { type: "boolean", help: "print one finding a line as JSON" },
  },
  details: `Of the configuration: whether it is taken, whether the environment variables, certificates and files
that it names are there, and whether receivers take connections; nothing is sent to them. Of the server:
what arrives from whom, what is missing in it, and what became of notifications. Counts of arrivals are
those since the server started. Exits 1 where something is wrong; what is only missing leaves 0. A
token, where the server asks for one, is taken from the environment variable NARUKO_ADMIN_TOKEN, else
from the configuration.`,
  run: doctor,
};

async function doctor(
  values: Values,
  positionals: readonly string[],
  world: World,
): Promise<number> {
  if (positionals.length > 0) throw new Misuse(`doctor takes no "${positionals[0]}"`);
  const file = configFile(values);
  const setup = file === undefined ? undefined : await setupHere(file, world);
  const config = setup?.config;
  const url = textOption(values, "url") ?? urlHere(config);
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url)) {
    throw new Misuse(`--url: expected an address such as ${DEFAULT_URL}, not "${url}"`);
  }
  const findings = [
    ...(setup?.findings ?? []),
    ...(await serverFindings(url, values, { world, file, config })),
  ];
  world.print(values["json"] === true ? jsonLines(findings) : readable(findings));
  return findings.some(({ level }) => level === "wrong") ? EXIT.finding : EXIT.ok;
}

/** A server elsewhere has a configuration of its own: only a file that is named is looked at for it. */
function configFile(values: Values): string | undefined {
  const named = textOption(values, "config");
  if (named !== undefined || textOption(values, "url") !== undefined) return named;
  return existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined;
}

async function setupHere(
  file: string,
  world: World,
): Promise<{ readonly findings: readonly Finding[]; readonly config?: Config }> {
  const { findings, loaded, routing } = examineSetup(file, world.environment, world.clock.wallMs());
  if (loaded === undefined) return { findings };
  const { config } = loaded;
  return { findings: [...findings, ...(await reachReceivers(config, routing))], config };
}

function urlHere(config: Config | undefined): string {
  if (config === undefined) return DEFAULT_URL;
  return urlOf(config.listen.host, config.listen.port, config.tls !== undefined);
}

type Asking = {
  readonly world: World;
  readonly file: string | undefined;
  readonly config: Config | undefined;
};

async function serverFindings(
  url: string,
  values: Values,
  { world, file, config }: Asking,
): Promise<readonly Finding[]> {
  const { environment } = world;
  const configured = config?.auth.admin_token;
  const token =
    environment["NARUKO_ADMIN_TOKEN"] ?? (configured === NOT_SET ? undefined : configured);
  const known = { ...world, environment: { ...environment, NARUKO_ADMIN_TOKEN: token } };
  const answer = await serverAt(url, values, known)(SOURCES_PATH);
  const read = "reason" in answer ? { error: answer.reason } : apiData(answer);
  if (!("error" in read)) {
    const sources = read.data as Sources;
    return [serving(url, sources), ...diagnose(sources)];
  }
  const isHere = textOption(values, "url") === undefined || url === DEFAULT_URL;
  const mend =
    "status" in answer
      ? TOKENS[answer.status]
      : isHere
        ? startingLine(read.error, file)
        : undefined;
  const unheard = wrong("server", `${url} does not answer: ${read.error}`, mend);
  // Whoever has a certificate, or wants a token, is a server of ours.
  const isOurs = mend !== undefined ? "status" in answer : /certificate/.test(read.error);
  return isHere && !isOurs ? [unheard, ...(await takenPorts(config?.listen))] : [unheard];
}

const TOKENS: Readonly<Record<number, string>> = { 401: "export NARUKO_ADMIN_TOKEN=…" };

function startingLine(reason: string, file: string | undefined): string | undefined {
  if (!reason.includes("ECONNREFUSED")) return undefined;
  return file === undefined ? "naruko serve" : `naruko serve --config ${file}`;
}

/** Ports that somebody else has, so that no server could start. */
async function takenPorts(listen: Config["listen"] | undefined): Promise<readonly Finding[]> {
  const { host, ...ports } = listen ?? DEFAULT_LISTEN;
  const findings: Finding[] = [];
  for (const [key, option] of PORTS) {
    const port = ports[key];
    if (port === false || (await isFree(host, port))) continue;
    const says = `port ${port} is taken by another program`;
    findings.push(wrong("ports", says, `naruko serve ${option} 0`));
  }
  return findings;
}

const DEFAULT_LISTEN = {
  host: "127.0.0.1",
  port: 4320,
  otlp_http_port: 4318,
  otlp_grpc_port: 4317,
} as const;

const PORTS = [
  ["port", "--port"],
  ["otlp_http_port", "--otlp-http-port"],
  ["otlp_grpc_port", "--otlp-grpc-port"],
] as const;

async function isFree(host: string, port: number): Promise<boolean> {
  try {
    await checkPorts({
      host,
      port,
      otlp_http_port: 0,
      otlp_grpc_port: false,
      allowed_hosts: [],
      insecure: false,
    });
    return true;
  } catch {
    // Whatever the reason, a server could not listen there either.
    return false;
  }
}

function serving(url: string, { version, otlpUrl, grpcUrl, needsToken }: Sources): Finding {
  const ports = [
    `OTLP/HTTP at ${otlpUrl}`,
    ...(grpcUrl === undefined ? [] : [`gRPC at ${grpcUrl}`]),
  ];
  const token = needsToken ? ", with a token" : "";
  return {
    level: "fine",
    about: "server",
    says: `Naruko ${version} answers at ${url} and takes ${ports.join(" and ")}${token}`,
  };
}

function jsonLines(findings: readonly Finding[]): string {
  return findings.map((finding) => `${JSON.stringify(finding)}\n`).join("");
}

/** Names that senders chose must not steer the terminal. */
function shown(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "\u{fffd}");
}

const MARKS = { fine: "ok     ", missing: "missing", wrong: "WRONG  " } as const;

function readable(findings: readonly Finding[]): string {
  return findings
    .map(({ level, about, says, mend }) => {
      const line = `${MARKS[level]}  ${shown(`${about}: ${says}`)}\n`;
      return mend === undefined ? line : `${line}         → ${mend}\n`;
    })
    .join("");
}
