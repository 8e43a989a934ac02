// What every sender shares: it makes the calls of a plan, one after the other, as an application
// would, and prints one line of JSON a call: what it saw of it.
import process from "node:process";

/**
 * What to ask of whom: `{ modelUrl, cases }`, and for the sender by hand what it tells and how. The
 * service's name and the exporters' settings are in the environment variables of OpenTelemetry.
 */
export const plan = JSON.parse(process.env.SENDER_PLAN ?? "{}");

/**
 * @param {(asked: object) => Promise<string>} call makes one call and returns the text of its answer
 */
export async function runCases(call) {
  for (const asked of plan.cases) {
    for (let nth = 0; nth < asked.times; nth++) {
      const startedMs = performance.now();
      const seen = await call(asked).then(
        (text) => ({ text }),
        (error) => ({ error: String(error) }),
      );
      print({ case: asked.name, tookMs: performance.now() - startedMs, ...seen });
    }
  }
}

export function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The texts of a stream's pieces, joined. */
export async function joined(stream, textOf) {
  let text = "";
  for await (const piece of stream) text += textOf(piece) || "";
  return text;
}
