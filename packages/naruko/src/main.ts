import { InputError } from "@naruko/core/model/input-error";
import { baselineCommand } from "./commands/baseline.ts";
import { checkCommand } from "./commands/check.ts";
import { outliveReader } from "./commands/closed-pipe.ts";
import { EXIT, helpOf, Misuse, readArguments } from "./commands/command.ts";
import type { Command, World } from "./commands/command.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { exportCommand } from "./commands/export.ts";
import { judgeCommand } from "./commands/judge.ts";
import { queryCommand } from "./commands/query.ts";
import { replayCommand } from "./commands/replay.ts";
import { serveCommand } from "./commands/serve.ts";
import { testCommand } from "./commands/test.ts";
import { systemWorld } from "./commands/system-world.ts";
import { version } from "./version.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  replay: replayCommand,
  check: checkCommand,
  test: testCommand,
  query: queryCommand,
  export: exportCommand,
  judge: judgeCommand,
  baseline: baselineCommand,
  doctor: doctorCommand,
};

/**
 * Runs one command and returns what the process exits with: 0 success, 1 a finding, 2 misuse.
 *
 * @param args what follows `naruko` on the command line
 */
export async function main(args: readonly string[], world: World = ownWorld()): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-V") {
    world.print(`naruko ${version()}\n`);
    return EXIT.ok;
  }
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    world.print(overview());
    return name === undefined ? EXIT.misuse : EXIT.ok;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(COMMANDS).join(", ");
    world.tell(`naruko: unknown command "${name}"; there are ${known}\n`);
    return EXIT.misuse;
  }
  return run(command, rest, world);
}

function ownWorld(): World {
  for (const stream of [process.stdout, process.stderr]) outliveReader(stream);
  return systemWorld();
}

async function run(command: Command, args: readonly string[], world: World): Promise<number> {
  try {
    const { values, positionals } = readArguments(command, args);
    if (values["help"] === true) {
      world.print(helpOf(command));
      return EXIT.ok;
    }
    return await command.run(values, positionals, world);
  } catch (error) {
    if (error instanceof Misuse) {
      world.tell(`naruko: ${error.message}\nusage: naruko ${command.usage}\n`);
      return EXIT.misuse;
    }
    if (!(error instanceof InputError)) throw error;
    world.tell(`naruko: ${error.message}\n`);
    return EXIT.finding;
  }
}

function overview(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(10)}${summary}`,
  );
  return `naruko: alerting-first monitor for LLM applications

usage: naruko COMMAND [options]

${rows.join("\n")}

naruko COMMAND --help shows a command's options.
`;
}
