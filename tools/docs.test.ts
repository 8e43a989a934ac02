// Runs what the documentation says: what is pasted from it has to work, and what it names has to be.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { FEATURES } from "@naruko/core/model/features";
import { DEFAULT_LIMITS } from "@naruko/core/model/limits";
import { FUNCTIONS } from "@naruko/core/promql/functions";
import { parse } from "@naruko/core/promql/parser";
import type { World } from "naruko/commands/command";
import { systemWorld } from "naruko/commands/system-world";
import { checkFile } from "naruko/config/check-file";
import { parseYaml } from "naruko/config/parse-yaml";
import { configJsonSchema } from "naruko/config/schema";
import { shippedRuleFiles } from "naruko/config/setup";
import { main } from "naruko/main";

const documents = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...markdownIn("docs")];

type Block = {
  /** Where it is, for people. */
  readonly place: string;
  readonly language: string;
  /** What follows the language: `quick-start`. */
  readonly mark: string;
  readonly text: string;
};

function markdownIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join(folder, name))
    .toSorted();
}

function blocksOf(file: string): readonly Block[] {
  const blocks: Block[] = [];
  const text = readFileSync(file, "utf8");
  for (const match of text.matchAll(/^```(\w+)[ \t]*(.*)\n([^]*?)^```$/gm)) {
    const [, language = "", mark = "", body = ""] = match;
    const line = text.slice(0, match.index).split("\n").length;
    blocks.push({ place: `${file}:${line}`, language, mark, text: body });
  }
  return blocks;
}

const blocks = documents.flatMap(blocksOf);

/** Runs `naruko ARGS` in this process and returns what it prints. */
async function naruko(...args: readonly string[]): Promise<string> {
  let printed = "";
  const world: World = { ...systemWorld(), environment: {}, print: (text) => (printed += text) };
  await main(args, world);
  return printed;
}

/** Each command with the options that its `--help` lists. */
async function commandOptions(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const overview = await naruko("--help");
  const names = [...overview.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name = ""]) => name);
  const entries = names.map(async (name) => {
    const help = await naruko(name, "--help");
    const options = [...help.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option = ""]) => option);
    return [name, new Set(options)] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Commands over several lines (`\` at the end) are one; comments are none. */
function shellLines({ text }: Block): readonly string[] {
  const lines = text.replaceAll("\\\n", " ").split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

test("links lead somewhere", () => {
  const broken = documents.flatMap((file) => {
    const links = [...readFileSync(file, "utf8").matchAll(/\]\(([^)\s]+)\)/g)];
    return links
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !existsSync(path.join(path.dirname(file), link.replace(/#.*$/, ""))))
      .map((link) => `${file}: ${link}`);
  });
  assert.deepEqual(broken, []);
});

test("YAML blocks are what our parsers take", (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-docs-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const yaml = blocks.filter(({ language }) => language === "yaml");
  assert.ok(yaml.length > 3);
  for (const { place, text } of yaml) {
    const isRule = /^- (alert|record):/m.test(text) && !text.includes("groups:");
    const indented = text.replace(/^(?=.)/gm, "      ");
    const file = path.join(folder, "block.yml");
    writeFileSync(file, isRule ? `groups:\n  - name: docs\n    rules:\n${indented}` : text);
    const { findings } = checkFile(file, environmentFor(text), []);
    const errors = findings.filter(({ severity }) => severity === "error");
    assert.deepEqual(errors, [], place);
  }
});

/** Something for every variable that a block names: an address where one is wanted, else a token. */
function environmentFor(text: string): Record<string, string> {
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => name);
  const valueOf = (name: string): string =>
    name.endsWith("URL") ? "http://127.0.0.1:9/" : `a-value-of-${name}`;
  return Object.fromEntries(names.map((name) => [name, valueOf(name)]));
}

test("JSON blocks parse", () => {
  for (const { place, language, text } of blocks) {
    if (language === "json") assert.doesNotThrow(() => JSON.parse(text), place);
  }
});

/** Commands of npm's own. */
const OF_NPM: ReadonlySet<string> = new Set(["install", "pack"]);

test("commands and options in shell blocks exist, and their queries parse", async () => {
  const known = await commandOptions();
  const scripts = Object.keys(
    (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object }).scripts,
  );
  for (const block of blocks.filter(({ language }) => language === "sh")) {
    for (const line of shellLines(block)) {
      const [, script] = /^npm (?:run )?(\w[\w:]*)/.exec(line) ?? [];
      const isScript = script !== undefined && !OF_NPM.has(script);
      if (isScript) assert.ok(scripts.includes(script), `${block.place}: ${line}`);
      const call = /^(?:npx )?naruko (\w+)(.*)$|^npm start -- (.*)$/.exec(line);
      if (call === null) continue;
      const [, command = "serve", rest = ""] = call;
      const options = known.get(command);
      assert.ok(options !== undefined, `${block.place}: there is no "${command}"`);
      const unquoted = (call[3] ?? rest).replace(/'[^']*'|"[^"]*"/g, "").replace(/#.*$/, "");
      for (const [option] of unquoted.matchAll(/--[a-z-]+/g)) {
        assert.ok(options.has(option), `${block.place}: ${command} has no ${option}`);
      }
      if (command !== "query") continue;
      const [, expr = ""] = /'([^']*)'/.exec(rest) ?? [];
      assert.doesNotThrow(() => parse(expr, { limits: DEFAULT_LIMITS }), `${block.place}: ${expr}`);
    }
  }
});

test("the README names every command and option", async () => {
  const readme = readFileSync("README.md", "utf8");
  for (const [command, options] of await commandOptions()) {
    const [row = ""] = new RegExp(`^\\| \`naruko ${command}.*$`, "m").exec(readme) ?? [];
    assert.notEqual(row, "", `the README has no row for naruko ${command}`);
    const missing = [...options].filter((option) => option !== "--help" && !row.includes(option));
    assert.deepEqual(missing, [], `the README's row of naruko ${command}`);
  }
});

test("the quick start does what it says", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-docs-"));
  let greeted: (text: string) => void = () => undefined;
  let stop: () => void = () => undefined;
  const greeting = new Promise<string>((resolve) => (greeted = resolve));
  const world: World = {
    ...systemWorld(),
    environment: {},
    print: (text) => {
      greeted(text);
    },
    onSignal: (run) => {
      stop = () => {
        run("stop");
      };
      return () => undefined;
    },
  };
  const args = [
    "serve",
    "--data",
    folder,
    "--port",
    "0",
    "--otlp-http-port",
    "0",
    "--otlp-grpc-port",
    "0",
  ];
  const exit = main(args, world);
  t.after(async () => {
    stop();
    await exit;
    rmSync(folder, { recursive: true, force: true });
  });
  const [page = "", otlp = ""] = (await greeting).match(/http:\/\/\S+/g) ?? [];
  assert.match(await (await fetch(page)).text(), /No data: nothing has been sent yet/);
  const [block] = blocks.filter(({ mark }) => mark === "quick-start");
  assert.ok(block !== undefined);
  const script = block.text
    .replaceAll("http://127.0.0.1:4318", otlp)
    .replace(/^npx naruko query (.*)$/m, "echo; echo $1");
  const { stdout } = await promisify(execFile)("bash", ["-euc", script]);
  const [answer, said = ""] = stdout.split("\n").filter((line) => line !== "");
  assert.deepEqual(JSON.parse(answer ?? ""), {});
  const printed = await naruko("query", said, "--url", page);
  assert.match(printed, /input.*1200/);
  assert.match(printed, /output.*300/);
  assert.match(await (await fetch(page)).text(), /Quiet: traffic flows/);
});

test("each shipped alert has its runbook", () => {
  for (const file of shippedRuleFiles()) {
    const text = readFileSync(file, "utf8");
    const alerts = [...text.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = ""]) => name);
    assert.ok(alerts.length > 0 && parseYaml(file, text).root !== undefined, file);
    for (const name of alerts) {
      const runbook = `docs/runbooks/${name}.md`;
      assert.ok(text.includes(`runbook_url: ${runbook}`), `${name} links to ${runbook}`);
      assert.ok(existsSync(runbook), runbook);
      assert.ok(readFileSync(runbook, "utf8").startsWith(`# ${name} (`), `${runbook}: its title`);
    }
  }
});

test("the published schema is the one that is checked", () => {
  const published: unknown = JSON.parse(readFileSync("docs/naruko.schema.json", "utf8"));
  // As JSON: the schema in memory may hold what JSON leaves out.
  assert.deepEqual(published, JSON.parse(JSON.stringify(configJsonSchema())));
});

test("every function and feature of PromQL is named", () => {
  const page = readFileSync("docs/promql.md", "utf8");
  const words = new Set(page.match(/[\w-]+/g));
  assert.deepEqual(
    [...FUNCTIONS.keys(), ...FEATURES].filter((name) => !words.has(name)),
    [],
  );
});

test("every key of the configuration is described", () => {
  const lines = readFileSync("docs/configuration.md", "utf8").split("\n");
  const rows = lines.filter((line) => line.startsWith("| `"));
  const missing = keysOf(configJsonSchema(), []).filter(
    ([first = "", ...rest]) =>
      !rows.some((row) => row.includes(`\`${first}`) && row.includes(`${rest.at(-1) ?? first}\``)),
  );
  assert.deepEqual(missing, []);
});

/** Paths of keys in a JSON Schema; limits have a page of their own. */
function keysOf(schema: object, above: readonly string[]): readonly (readonly string[])[] {
  const {
    properties = {},
    items,
    additionalProperties,
  } = schema as {
    readonly properties?: Readonly<Record<string, object>>;
    readonly items?: object;
    readonly additionalProperties?: object | boolean;
  };
  const own = Object.entries(properties).flatMap(([key, value]) => {
    if (key === "limits") return [];
    const below = keysOf(value, [...above, key]);
    return below.length > 0 ? below : [[...above, key]];
  });
  const inner = [items, additionalProperties].flatMap((one) =>
    typeof one === "object" ? keysOf(one, above) : [],
  );
  return [...own, ...inner];
}
