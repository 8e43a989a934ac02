import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** One way to instrument the client: the program `bench.mjs` of a folder of senders. */
export type Variant = {
  readonly name: string;
  readonly folder: string;
  readonly args: readonly string[];
  /** The package that instruments, in that folder; ours has the repository's version. */
  readonly package?: string;
  readonly exporter: "none" | "its own" | "OpenTelemetry's";
};

const FOLDERS = fileURLToPath(new URL("../../senders/", import.meta.url));

/** The client alone on both sides: by what they differ, the others may by chance. */
export const BARE = "bare";
/** Ours, as it is without providers of the application. */
export const OURS = "naruko";

const other = { args: [], exporter: "OpenTelemetry's" } as const;

export const VARIANTS: readonly Variant[] = [
  { name: BARE, folder: "openai", args: ["bare"], exporter: "none" },
  { name: OURS, folder: "openai", args: ["own"], exporter: "its own" },
  {
    name: "naruko, application's providers",
    folder: "openai",
    args: ["providers"],
    exporter: "OpenTelemetry's",
  },
  {
    ...other,
    name: "contrib",
    folder: "contrib-openai",
    package: "@opentelemetry/instrumentation-openai",
  },
  {
    ...other,
    name: "OpenLLMetry",
    folder: "traceloop",
    package: "@traceloop/instrumentation-openai",
  },
  {
    ...other,
    name: "OpenInference",
    folder: "openinference",
    package: "@arizeai/openinference-instrumentation-openai",
  },
  { ...other, name: "OpenLIT", folder: "openlit", package: "openlit", exporter: "its own" },
];

export function programOf({ folder, args }: Variant): readonly string[] {
  return ["--expose-gc", path.join(FOLDERS, folder, "bench.mjs"), ...args];
}

/** The installed package with its version; nothing for the client alone and for ours. */
export function packageOf({ folder, package: name }: Variant): string {
  return name === undefined ? "" : `${name} ${versionOf(folder, name)}`;
}

/** The version of the one client that all of them use. */
export function clientVersion(): string {
  return versionOf("contrib-openai", "openai");
}

/** Folders whose packages are not installed; `npm run bench:sdk` installs them. */
export function missingFolders(): readonly string[] {
  const folders = new Set(["contrib-openai", ...VARIANTS.map(({ folder }) => folder)]);
  return [...folders].filter((folder) => !existsSync(path.join(FOLDERS, folder, "node_modules")));
}

function versionOf(folder: string, name: string): string {
  const file = path.join(FOLDERS, folder, "node_modules", name, "package.json");
  return String((JSON.parse(readFileSync(file, "utf8")) as { version: unknown }).version);
}
