import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import type { Environment } from "../config/environment.ts";
import type { Clock } from "../drive/clock.ts";

/** Everything outside that a command touches; the simulation hands in another one. */
export type World = {
  readonly clock: Clock;
  readonly environment: Environment;
  /** Standard output: results, and nothing else. */
  readonly print: (text: string) => void;
  /** Standard error: progress and errors. */
  readonly tell: (text: string) => void;
  /** Whether standard error is a terminal, where a bar may move. */
  readonly isTerminal: boolean;
  /** Calls back at SIGINT, SIGTERM (`stop`) and SIGHUP (`reload`); returns how to call it off. */
  readonly onSignal: (run: (signal: "stop" | "reload") => void) => () => void;
};

/** What a command ends with: all is well, a finding (rules invalid, tests failed), or misuse. */
export const EXIT = { ok: 0, finding: 1, misuse: 2 } as const;

export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export type Option = {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  /** Shown as `--name VALUE`. */
  readonly value?: string;
  readonly help: string;
};

export type Command = {
  /** `replay INPUT…`. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Shown at the end of `--help`. */
  readonly details?: string;
  readonly run: (
    values: Values,
    positionals: readonly string[],
    world: World,
  ) => number | Promise<number>;
};

/** The command was called with words or options that it does not have. */
export class Misuse extends Error {
  override readonly name = "Misuse";
}

/** Reads a command's arguments. */
export function readArguments(
  command: Command,
  args: readonly string[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  const options: NonNullable<ParseArgsConfig["options"]> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, { type, multiple = false }] of Object.entries(command.options)) {
    options[name] = { type, multiple };
  }
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values: parsed.values as Values, positionals: parsed.positionals };
  } catch (error) {
    throw new Misuse(reasonOf(error, Object.keys(options)), { cause: error });
  }
}

/** Node's words for an unknown option speak of positional arguments, which nobody meant. */
function reasonOf(error: unknown, names: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, unknown] = /^Unknown option '([^']*)'/.exec(message) ?? [];
  if (unknown === undefined) return message;
  return `unknown option ${unknown}; there are ${names.map((name) => `--${name}`).join(", ")}`;
}

/** The text of `naruko COMMAND --help`. */
export function helpOf({ usage, summary, options, details }: Command): string {
  const rows = Object.entries(options).map(([name, { value, help }]) => {
    const flag = value === undefined ? `--${name}` : `--${name} ${value}`;
    return [flag, help] as const;
  });
  rows.push(["--help", "show this text"]);
  const width = Math.max(...rows.map(([flag]) => flag.length));
  const lines = rows.map(([flag, help]) => `  ${flag.padEnd(width)}  ${help}`);
  const end = details === undefined ? "" : `\n${details}\n`;
  return `naruko ${usage}\n\n${summary}\n\n${lines.join("\n")}\n${end}`;
}

/** The text of an option; `undefined` where it was not given. */
export function textOption(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

/** Every text of an option that may be given several times. */
export function textOptions(values: Values, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

/** A whole number within a range; refuses anything else. */
export function numberOption(
  values: Values,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw new Misuse(`--${name}: expected a whole number from ${min} to ${max}, not "${text}"`);
}
