// `npm run conformance`: takes every instrumentation through the cases, and writes what it found.
import { writeFileSync } from "node:fs";
import { compare } from "./compare.ts";
import { comparisonPage } from "./comparison-page.ts";

const compared = await compare();
const page = new URL("../../../../docs/conformance.md", import.meta.url);
writeFileSync(page, await comparisonPage(compared));
for (const { name, differences } of compared) {
  const whole = [...differences.values()].filter(({ length }) => length === 0).length;
  process.stdout.write(`${name}: ${whole} of ${differences.size} cases are told as they were\n`);
}
process.stdout.write("docs/conformance.md says what differs in the others\n");
