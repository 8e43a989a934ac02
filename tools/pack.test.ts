// What users install: the packed packages, in an empty folder, as npm puts them there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";

const root = path.join(import.meta.dirname, "..");

function npm(args: readonly string[], cwd: string): string {
  return execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    encoding: "utf8",
  });
}

test("the packed program installs into an empty folder and runs", (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-pack-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const name of ["core", "naruko"]) {
    npm(["pack", path.join(root, "packages", name), "--pack-destination", folder], folder);
  }
  const packed = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  assert.equal(packed.length, 2);
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }');
  npm(["install", ...packed.map((name) => `./${name}`)], folder);
  const bin = path.join(folder, "node_modules", ".bin", "naruko");
  const run = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [bin, ...args], { cwd: folder, encoding: "utf8" });
  assert.match(run("--version"), /^naruko \d+\.\d+\.\d+\n$/);
  // The shipped rules came along, and are found.
  run("check");
  const files = readdirSync(path.join(folder, "node_modules", "naruko", "dist"), {
    recursive: true,
  });
  assert.deepEqual(
    files.map(String).filter((file) => /\.test\.|tsbuildinfo/.test(file)),
    [],
  );
});

test("the packed SDK installs beside the OpenTelemetry API and loads", (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "naruko-pack-sdk-"));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  npm(["pack", path.join(root, "packages", "sdk"), "--pack-destination", folder], folder);
  const [packed = ""] = readdirSync(folder);
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }');
  npm(["install", `./${packed}`], folder);
  const program = `
    import { observe, start, withContext } from "@naruko/sdk";
    const running = start({ serviceName: "packed", endpoint: "http://127.0.0.1:9" });
    const client = {};
    console.log(observe(client) === client, withContext({}, () => "ran"), running.counts().faults);
  `;
  const told = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(told, "true ran 0\n");
  const files = readdirSync(path.join(folder, "node_modules", "@naruko", "sdk"), {
    recursive: true,
  }).map(String);
  assert.ok(files.includes(path.join("dist", "sdk.d.ts")));
  assert.deepEqual(
    files.filter((file) => /\.test\.|tsbuildinfo|^src/.test(file)),
    [],
  );
});
