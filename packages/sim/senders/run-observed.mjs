// What the programs around observed clients share: each case is a service of its own, so that its
// telemetry arrives apart, and prints one line of JSON: what the application saw.
import { observe, start } from "@naruko/sdk";
import process from "node:process";

/** `{ cases, modelUrl, otlpUrl, bare }` */
const plan = JSON.parse(process.env.SENDER_PLAN ?? "{}");

process.on("unhandledRejection", (reason) => {
  print({ unhandled: String(reason) });
});

/**
 * @param {object} cases what to do, by name: `{ options, run(client, { observe }) }`
 * @param {(baseUrl: string, options: object) => object} makeClient
 */
export async function runObserved(cases, makeClient) {
  for (const name of plan.cases) {
    const { options, run } = cases[name];
    const running = start({ serviceName: name, endpoint: plan.otlpUrl, includeUsage: "always" });
    const client = makeClient(`${plan.modelUrl}/${encodeURIComponent(name)}`, options);
    const observed = plan.bare ? (one) => one : observe;
    const same = observed(client) === client;
    const seen = await run(client, { observe: observed }).then(
      (text) => ({ text: String(text) }),
      (error) => ({ error: `${error.constructor.name}: ${error.message}` }),
    );
    await running.shutdown();
    print({ case: name, same, faults: running.counts().faults, ...seen });
  }
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
