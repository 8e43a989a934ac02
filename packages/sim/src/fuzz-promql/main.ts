// Random queries over random series, here and in a real Prometheus: npm run fuzz:promql -- --seed N
import { parseArgs } from "node:util";
import { prometheusVersion } from "../bench/prometheus.ts";
import { fuzz } from "./fuzz.ts";
import { Servers } from "./servers.ts";

const HELP = `npm run fuzz:promql -- [--seed N] [--queries N] [--findings N]

Asks Naruko and the installed Prometheus the same random queries over the same random series, and
prints each difference that has no known reason as a script in Prometheus' test language.

  --seed N       where chance begins (default: 1)
  --queries N    how many (default: 3000)
  --findings N   differences after which it ends (default: 5)
`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    queries: { type: "string", default: "3000" },
    findings: { type: "string", default: "5" },
    help: { type: "boolean" },
  },
});
const [seed = NaN, queries = NaN, findingsMax = NaN] = [
  values.seed,
  values.queries,
  values.findings,
].map(Number);
if (values.help === true || !(seed >= 0) || !(queries >= 1) || !(findingsMax >= 1)) {
  process.stderr.write(HELP);
  process.exit(values.help === true ? 0 : 2);
}
if (prometheusVersion() === undefined) {
  process.stderr.write("fuzz:promql: prometheus is not installed\n");
  process.exit(2);
}
const servers = await Servers.start();
const tell = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const report = await fuzz(servers, { seed, queries, findingsMax, tell });
await servers.stop();
const { refused, answered, known, findings } = report;
tell(
  `seed ${seed}: ${report.queries} queries, ${answered} answered with values, ${refused} refused by both`,
);
for (const [reason, count] of known) tell(`  ${count} differ: ${reason}`);
tell(`  ${findings.length} differ without a known reason`);
if (findings.length > 0) {
  tell(`repeat: npm run fuzz:promql -- --seed ${seed} --queries ${queries}`);
  process.exitCode = 1;
}
