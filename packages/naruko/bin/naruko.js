#!/usr/bin/env node
// Plain JavaScript, committed: npm links a bin only when its file exists before the build.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const args = process.argv.slice(2);
const built = new URL("../dist/main.js", import.meta.url);
const setUp = new URL("../../../tools/run.mjs", import.meta.url);

if (!existsSync(built) && existsSync(setUp)) {
  // A clone that was not built yet: the set-up script builds it and comes back here.
  const run = spawnSync(process.execPath, [fileURLToPath(setUp), "naruko", ...args], {
    stdio: "inherit",
  });
  process.exitCode = run.status ?? 1;
} else if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `naruko: Node ${process.versions.node} is too old, 22.18 or newer is needed. In a clone, ` +
      "`npm start` brings its own.\n",
  );
  process.exitCode = 2;
} else {
  const { main } = await import(built.href);
  process.exitCode = await main(args);
}
