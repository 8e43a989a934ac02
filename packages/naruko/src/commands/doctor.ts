import { type Sources, SOURCES_PATH } from "../listen/sources-api.ts";
import { checkPorts } from "../listen/check-ports.ts";
import { apiData, serverAt, TLS_OPTIONS } from "./ask-server.ts";
import type { Command, Values, World } from "./command.ts";
import { EXIT, Misuse, textOption } from "./command.ts";
import { diagnose, type Finding } from "./diagnose.ts";

const DEFAULT_URL = "http://127.0.0.1:4320";

/** `naruko doctor`: what arrives at a running server, what is missing, and the line that mends it. */
export const doctorCommand: Command = {
  usage: "doctor [options]",
  summary: "say what arrives from whom, what is missing, and the line that mends it",
  options: {
    url: { type: "string", value: "URL", help: `server to ask (default: ${DEFAULT_URL})` },
    ...TLS_OPTIONS,
    json: { type: "boolean", help: "print one finding a line as JSON" },
  },
  details: `Counts are those since the server started. Exits 1 where something is wrong; what is only
missing leaves 0. A token, where the server asks for one, is taken from the environment variable
NARUKO_ADMIN_TOKEN.`,
  run: doctor,
};

async function doctor(
  values: Values,
  positionals: readonly string[],
  world: World,
): Promise<number> {
  if (positionals.length > 0) throw new Misuse(`doctor takes no "${positionals[0]}"`);
  const url = textOption(values, "url") ?? DEFAULT_URL;
  const answer = await serverAt(url, values, world)(SOURCES_PATH);
  const read = "reason" in answer ? { error: answer.reason } : apiData(answer);
  const findings: readonly Finding[] =
    "error" in read
      ? [
          { level: "wrong", about: "server", says: `${url} does not answer: ${read.error}` },
          ...(url === DEFAULT_URL ? await takenPorts() : []),
        ]
      : [serving(url, read.data as Sources), ...diagnose(read.data as Sources)];
  world.print(values["json"] === true ? jsonLines(findings) : readable(findings));
  return findings.some(({ level }) => level === "wrong") ? EXIT.finding : EXIT.ok;
}

/** Ports of the default configuration that somebody else has, so that no server could start. */
async function takenPorts(): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [port, option] of PORTS) {
    if (await isFree(port)) continue;
    const says = `port ${port} is taken by another program`;
    findings.push({ level: "wrong", about: "ports", says, mend: `naruko serve ${option} 0` });
  }
  return findings;
}

const PORTS = [
  [4320, "--port"],
  [4318, "--otlp-http-port"],
  [4317, "--otlp-grpc-port"],
] as const;

async function isFree(port: number): Promise<boolean> {
  try {
    await checkPorts({
      host: "127.0.0.1",
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
