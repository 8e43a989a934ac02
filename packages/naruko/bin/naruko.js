#!/usr/bin/env node
// Plain JavaScript, committed: npm links a bin only when its file exists before the build.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `naruko: Node ${process.versions.node} is too old, 22.18 or newer is needed. In a clone, ` +
      "`npm start` brings its own.\n",
  );
  process.exit(2);
}
const { main } = await import("../dist/main.js");
process.exitCode = await main(process.argv.slice(2));
