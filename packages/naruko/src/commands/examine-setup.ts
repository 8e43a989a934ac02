import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { InputError } from "@naruko/core/model/input-error";
import type { YamlFile } from "@naruko/core/model/yaml";
import { parseRouting } from "@naruko/core/notify/routing-file";
import type { Routing } from "@naruko/core/notify/routing";
import { type CheckedFile, checkFile } from "../config/check-file.ts";
import type { LoadedConfig } from "../config/config.ts";
import { type Environment, withEnvironment, withPlaceholders } from "../config/environment.ts";
import { loadConfig } from "../config/load-config.ts";
import { parseYaml } from "../config/parse-yaml.ts";
import { type Finding, fine, wrong } from "./finding.ts";
import { secretFilesIn, variablesIn } from "./named-in.ts";

/** What a configuration on this machine comes to. */
export type ExaminedSetup = {
  readonly findings: readonly Finding[];
  /** Absent where the file is refused. Variables that are not set have a placeholder in it. */
  readonly loaded?: LoadedConfig;
  /** Absent where there is none, or it is refused. */
  readonly routing?: Routing;
};

/**
 * Looks at a configuration and what it names: variables of the environment, certificates, keys and
 * files of secrets. Nothing leaves the machine, and no secret is shown.
 */
export function examineSetup(file: string, environment: Environment, nowMs: number): ExaminedSetup {
  const set = withPlaceholders(environment);
  const checked = checkFile(file, set, []);
  const named = checked.names.map((name) => checkFile(name, set, checked.features));
  const faults = [checked, ...named].flatMap(errorsOf);
  const { loaded, routing, texts } = read(file, set);
  const findings = [
    ...faults,
    ...texts.flatMap((one) => [...variables(one, environment), ...files(one, nowMs)]),
  ];
  const isWell = findings.length === 0 && loaded !== undefined;
  const well = fine("config", `${file} is taken, and what it names is there`);
  return {
    findings: [...(isWell ? [well] : findings), ...(loaded ? certificate(loaded, nowMs) : [])],
    ...(loaded && { loaded }),
    ...(routing && { routing }),
  };
}

type ReadSetup = Pick<ExaminedSetup, "loaded" | "routing"> & {
  readonly texts: readonly YamlFile[];
};

/** As much as can be read; why not more, the check of the files says. */
function read(file: string, environment: Environment): ReadSetup {
  const texts: YamlFile[] = [];
  let loaded: LoadedConfig | undefined;
  try {
    texts.push(parseYaml(file, readFileSync(file, "utf8")));
    loaded = loadConfig(file, environment);
    const own = routingFile(loaded);
    if (own === undefined) return { loaded, texts };
    if (typeof loaded.config.routing === "string") texts.push(own);
    const { routing } = parseRouting(withEnvironment(own, environment, "routing"));
    return { loaded, ...(routing && { routing }), texts };
  } catch (error) {
    if (!(error instanceof InputError) && !isOfSystem(error)) throw error;
    return { ...(loaded && { loaded }), texts };
  }
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function errorsOf({ findings }: CheckedFile): readonly Finding[] {
  return findings
    .filter(({ severity }) => severity === "error")
    .map(({ file, place, message }) => {
      const where = place === undefined ? file : `${file}:${place.line}:${place.column}`;
      return wrong("config", `${where}: ${message}`);
    });
}

/** The routing's own file, or the configuration where it is written in place. */
function routingFile({ config, file = "", routingNode, text }: LoadedConfig): YamlFile | undefined {
  if (routingNode !== undefined) return { name: file, text, root: routingNode };
  if (typeof config.routing !== "string") return undefined;
  const name = path.resolve(path.dirname(file), config.routing);
  return parseYaml(name, readFileSync(name, "utf8"), "routing");
}

function variables(file: YamlFile, environment: Environment): Finding[] {
  return variablesIn(file).flatMap(({ name, where }) => {
    const value = environment[name];
    if (value !== undefined && value !== "") return [];
    const state = value === undefined ? "not set" : "empty";
    return [
      wrong("keys", `${where}: the environment variable ${name} is ${state}`, `export ${name}=…`),
    ];
  });
}

function files(file: YamlFile, nowMs: number): Finding[] {
  return secretFilesIn(file).flatMap(({ key, name, where }) => {
    const full = path.resolve(path.dirname(file.name), name);
    let text: string;
    try {
      text = readFileSync(full, "utf8");
    } catch (error) {
      return [wrong("keys", `${where}: ${key} cannot be read: ${reasonOf(error)}`)];
    }
    if (text.trim() === "") return [wrong("keys", `${where}: ${key}: ${full} is empty`)];
    const isCertificate = key === "cert_file" || key === "ca_file";
    const fault = isCertificate ? invalidity(validity(text), nowMs) : undefined;
    return fault === undefined ? [] : [wrong("keys", `${where}: ${key}: ${fault}`)];
  });
}

/** The server's own certificate; whether it can be read at all, the check of the file says. */
function certificate({ config, file = "" }: LoadedConfig, nowMs: number): Finding[] {
  if (config.tls === undefined) return [];
  const full = path.resolve(path.dirname(file), config.tls.cert_file);
  const own = existsSync(full) ? validity(readFileSync(full, "utf8")) : undefined;
  if (own === undefined) return [];
  const fault = invalidity(own, nowMs);
  if (fault !== undefined) return [wrong("keys", `tls.cert_file: ${fault}`)];
  return [fine("keys", `the server's certificate is valid until ${dayOf(own.validToDate)}`)];
}

function invalidity(certificateIn: X509Certificate | undefined, nowMs: number): string | undefined {
  if (certificateIn === undefined) return undefined;
  const { validFromDate, validToDate } = certificateIn;
  if (nowMs > validToDate.getTime()) return `the certificate expired on ${dayOf(validToDate)}`;
  const isEarly = nowMs < validFromDate.getTime();
  return isEarly ? `the certificate is not valid before ${dayOf(validFromDate)}` : undefined;
}

function validity(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    // That a file is no certificate is told by the check of the configuration.
    return undefined;
  }
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
