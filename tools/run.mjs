// Sets the checkout up (installs and builds what is missing or stale) and then runs one of its
// programs. Plain JavaScript without dependencies: it must work on any Node from 18 on, before
// anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => path.join(root, ...parts);
const pinnedNode = at("node_modules", "node", "bin", "node");

/** Real third-party senders for tests: big, with peers that conflict, hence installed on their own. */
const senderFolders = () => {
  const folder = at("packages", "sim", "senders");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => path.join(folder, name))
    .filter((name) => existsSync(path.join(name, "package-lock.json")));
};

const programs = {
  start: (args) => [at("packages", "naruko", "bin", "naruko.js"), "serve", ...args],
  naruko: (args) => [at("packages", "naruko", "bin", "naruko.js"), ...args],
  test: (args) => [
    "--conditions=source",
    "--test",
    "--test-concurrency=2",
    ...(args.length > 0
      ? args
      : ["packages/*/src/**/*.test.ts", "packages/*/test/**/*.test.ts", "tools/*.test.ts"]),
  ],
  sim: (args) => ["--conditions=source", at("packages", "sim", "src", "main.ts"), ...args],
  "sim:scores": (args) => [
    "--conditions=source",
    at("packages", "sim", "src", "sampling", "main.ts"),
    ...args,
  ],
  "sim:drift": (args) => [
    "--conditions=source",
    at("packages", "sim", "src", "drift", "main.ts"),
    ...args,
  ],
  "fuzz:promql": (args) => [
    "--conditions=source",
    at("packages", "sim", "src", "fuzz-promql", "main.ts"),
    ...args,
  ],
  "bench:promql": (args) => [
    "--conditions=source",
    at("packages", "sim", "src", "bench-promql", "main.ts"),
    ...args,
  ],
  conformance: () => [
    "--conditions=source",
    at("packages", "sim", "src", "conformance", "compare-main.ts"),
  ],
  "bench:sdk": (args) => [
    "--conditions=source",
    at("packages", "sim", "src", "bench-sdk", "main.ts"),
    ...args,
  ],
  "bench:quality": (args) => [
    "--conditions=source",
    at("packages", "sim", "src", "quality-bench", "main.ts"),
    ...args,
  ],
  dashboards: () => ["--conditions=source", at("packages", "sim", "src", "dashboards", "main.ts")],
  bench: (args) => [
    "--conditions=source",
    at("packages", "sim", "src", "bench", "main.ts"),
    ...args,
  ],
};

function fail(message) {
  process.stderr.write(`naruko: ${message}\n`);
  process.exit(1);
}

function checkPlatform() {
  const supported =
    (process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime) ||
    process.platform === "darwin";
  if (!supported || !["x64", "arm64"].includes(process.arch)) {
    fail(
      `${process.platform} on ${process.arch} is not supported: the embedded database (DuckDB) is ` +
        "built for Linux with glibc and for macOS, on x64 and arm64.",
    );
  }
}

function npm(args, cwd) {
  // npm tells its own path to the scripts it runs; outside of npm it is looked up.
  const own = process.env.npm_execpath;
  const command = own?.endsWith(".js") ? [process.execPath, own] : ["npm"];
  const result = spawnSync(command[0], [...command.slice(1), ...args], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (result.status !== 0) fail(`npm ${args.join(" ")} failed in ${cwd}; see above.`);
}

const hashOf = (files) => {
  const hash = createHash("sha256");
  for (const file of files)
    hash.update(`${path.relative(root, file)}\n`).update(readFileSync(file));
  return hash.digest("hex");
};

/** Does the work unless a stamp says that it was done for exactly these files. */
function unlessStamped(stamp, hash, work) {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  work();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

function install(folder) {
  const hash = hashOf([path.join(folder, "package-lock.json"), path.join(folder, "package.json")]);
  unlessStamped(path.join(folder, "node_modules", ".naruko-installed"), hash, () => {
    process.stderr.write(`naruko: installing ${path.relative(root, folder) || "dependencies"} …\n`);
    npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], folder);
  });
}

function filesBelow(folder) {
  const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(name);
    return entry.name.endsWith(".test.ts") ? [] : [name];
  });
  // Node 18 has no toSorted.
  files.sort((a, b) => (a < b ? -1 : 1)); // oxlint-disable-line unicorn/no-array-sort
  return files;
}

const builtPackages = ["core", "naruko", "sdk"];

function build() {
  const sources = [
    at("package-lock.json"),
    at("tsconfig.base.json"),
    ...builtPackages.flatMap((name) => [
      at("packages", name, "package.json"),
      at("packages", name, "tsconfig.build.json"),
      ...filesBelow(at("packages", name, "src")),
    ]),
    ...filesBelow(at("rules")),
    ...filesBelow(at("rubrics")),
    ...filesBelow(at("dashboards")),
  ];
  unlessStamped(at("packages", "naruko", "dist", ".naruko-built"), hashOf(sources), () => {
    process.stderr.write("naruko: building …\n");
    for (const name of builtPackages)
      rmSync(at("packages", name, "dist"), { recursive: true, force: true });
    const tsc = at("node_modules", "typescript", "bin", "tsc");
    const projects = builtPackages.map((name) => at("packages", name, "tsconfig.build.json"));
    // Forced: what the compiler notes of the build before lies outside the folders just removed, and
    // would keep it from writing them again.
    const result = spawnSync(pinnedNode, [tsc, "-b", "--force", ...projects], {
      cwd: root,
      stdio: "inherit",
    });
    if (result.status !== 0) fail("the build failed; see above.");
    for (const shipped of ["rules", "rubrics", "dashboards"]) {
      cpSync(at(shipped), at("packages", "naruko", "dist", shipped), { recursive: true });
    }
  });
}

function exec(args) {
  const child = spawn(pinnedNode, args, { cwd: process.env.INIT_CWD ?? root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

const [name = "", ...args] = process.argv.slice(2);
const program = programs[name];
if (program === undefined) fail(`run.mjs: expected one of ${Object.keys(programs).join(", ")}.`);
checkPlatform();
install(root);
build();
if (["test", "bench", "conformance"].includes(name)) {
  for (const folder of senderFolders()) install(folder);
  process.chdir(root);
  process.env.INIT_CWD = root;
}
exec(program(args));
