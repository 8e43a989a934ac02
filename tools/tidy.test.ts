// Checks the repository itself: the house rules that neither the compiler nor the linter knows.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import path from "node:path";
import test from "node:test";

/** The data's way through the core. A stage may import the stages listed for it, and nothing else. */
const stages: Record<string, readonly string[]> = {
  model: [],
  receive: ["model"],
  normalize: ["model", "receive"],
  /** Expositions of targets; its protobuf is read as that of requests is. */
  scrape: ["model", "receive"],
  measure: ["model"],
  store: ["model"],
  promql: ["model", "store"],
  rules: ["model", "promql"],
  /** What is likely to be wrong with rules: looks at everything that names a metric. */
  lint: ["model", "normalize", "measure", "promql", "rules", "judge"],
  quality: ["model"],
  detect: ["model"],
  judge: ["model"],
  notify: ["model"],
  /** What tests of several stages build their input with; not shipped. */
  testing: ["model", "receive"],
  engine: [
    "model",
    "receive",
    "normalize",
    "measure",
    "store",
    "promql",
    "rules",
    "quality",
    "detect",
    "judge",
    "notify",
  ],
};

const bannedNames = /(^|\/)(utils?|helpers?|common|misc|shared|lib|manager|service)(\.|\/|-)/;
/** `alert.ts`, `alert.test.ts`, `read-metrics.ts`: called after what is exported. */
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/;
/** Words of a comment that tells history, or praises, where it should say why. */
const emptyWords =
  /^\s*(\/\/|\*|\/\*\*).*\b(simply|robust|comprehensive|seamless(ly)?|previously|new logic)\b/im;
const bannedText: readonly (readonly [RegExp, string])[] = [
  [/\bas unknown as\b/, "a parser or a type guard"],
  [/\bFIXME\b/, "the fix, before it lands"],
  [/\bTODO\b(?!\(#\d+\))/, "TODO(#issue)"],
  [/\b(describe|it|test)\.only\b/, "the whole suite"],
  [/\/work\/(main|shared)\b/, "a path that every machine has"],
  [emptyWords, "the reason, or nothing"],
];

const files = execFileSync("git", ["ls-files", "packages", "tools"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file.endsWith(".ts") && file !== "tools/tidy.test.ts");

test("names say what is inside", () => {
  assert.deepEqual(
    files.filter((file) => bannedNames.test(file)),
    [],
  );
  assert.deepEqual(
    files.map((file) => path.posix.basename(file)).filter((name) => !kebabCase.test(name)),
    [],
  );
  assert.deepEqual(
    files.filter((file) => path.posix.basename(file) === "index.ts"),
    [],
  );
});

test("nothing banned is left in the text", () => {
  const found = files.flatMap((file) =>
    bannedText
      .filter(([pattern]) => pattern.test(readFileSync(file, "utf8")))
      .map(([pattern, instead]) => `${file}: ${pattern.source} is banned, use ${instead}`),
  );
  assert.deepEqual(found, []);
});

test("imports in the core follow the data's way", () => {
  const wrong: string[] = [];
  for (const file of files) {
    const stage = /^packages\/core\/src\/(\w+)\//.exec(file)?.[1];
    // What a stage's tests are built with is no part of the build, and may need whatever they need.
    const isOfTests = file.endsWith(".test.ts") || file.includes(`/${stage}/testing/`);
    if (stage === undefined || isOfTests) continue;
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)) {
      const target = path.posix.join(path.posix.dirname(file), specifier).split("/")[3] ?? "";
      if (target !== stage && !stages[stage]?.includes(target)) wrong.push(`${file} -> ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("the core imports nothing from outside", () => {
  const wrong = files
    .filter((file) => file.startsWith("packages/core/src/") && !isTest(file))
    .flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/(?:from|import) "([^."][^"]*)"/g)]
        .map(([, specifier = ""]) => specifier)
        .map((specifier) => `${file} -> ${specifier}`),
    );
  assert.deepEqual(wrong, []);
});

test("the SDK imports nothing but the OpenTelemetry API and Node", () => {
  const wrong = files
    .filter((file) => file.startsWith("packages/sdk/src/") && !file.endsWith(".test.ts"))
    .flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/(?:from|import|import\s*\()\s*"([^."][^"]*)"/g)]
        .map(([, specifier = ""]) => specifier)
        .filter((specifier) => specifier !== "@opentelemetry/api" && !specifier.startsWith("node:"))
        .map((specifier) => `${file} -> ${specifier}`),
    );
  assert.deepEqual(wrong, []);
});

/** Tests have the runner, and what they are built with. */
function isTest(file: string): boolean {
  return file.endsWith(".test.ts") || file.startsWith("packages/core/src/testing/");
}

/** Who makes engines: whoever lets event time go through one. Others are handed theirs. */
const drivers =
  /^packages\/(naruko\/src\/(drive|scenario|demo)\/|naruko\/src\/commands\/replay\.ts|sim\/)/;

test("only drivers make engines", () => {
  const makers = files.filter(
    (file) =>
      !file.endsWith(".test.ts") &&
      /\bnew Engine\(|\bEngine\.load\(/.test(readFileSync(file, "utf8")),
  );
  const others = makers.filter(
    (file) => !drivers.test(file) && !file.startsWith("packages/core/src/engine/"),
  );
  assert.ok(makers.length > 3);
  assert.deepEqual(others, []);
});

test("no text names a path of one machine", () => {
  const documents = execFileSync("git", ["ls-files", "*.md", "*.yml", "*.json", "*.mjs"], {
    encoding: "utf8",
  });
  const named = documents
    .split("\n")
    .filter((file) => file !== "" && /\/work\/(main|shared)\b/.test(readFileSync(file, "utf8")));
  assert.deepEqual(named, []);
});
