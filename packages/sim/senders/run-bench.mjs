// What the programs of `bench:sdk` share: the same calls by a client alone and by one that is
// instrumented, by turns, in one process. Content is captured by none of them.
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";

const QUESTION = {
  model: "gpt-5.1",
  temperature: 0.2,
  max_completion_tokens: 400,
  messages: [
    { role: "system", content: "You answer briefly, from the passages alone. ".repeat(10) },
    { role: "user", content: "A passage of the handbook that may have the answer. ".repeat(20) },
    { role: "assistant", content: "Which of the two editions do you mean?" },
    { role: "user", content: "The second: what is heard when the naruko moves?" },
  ],
};
// Usage is asked for by the application, so that all ask the same and get the same.
const STREAMED = { ...QUESTION, stream: true, stream_options: { include_usage: true } };
/** Its stream comes a chunk a millisecond. */
const PACED = { ...STREAMED, model: "gpt-5.1-paced" };

/** Streams that are under way at once while the event loop is watched. */
const AT_ONCE = 8;
/** After so many rounds what was told is sent, before any exporter would do so by itself. */
const ROUNDS_A_FLUSH = 10;

/**
 * Measures as the environment says, and sends what it found to the bench.
 *
 * @param {object} told
 * @param {new (options: object) => object} told.Bare the class of the client alone
 * @param {new (options: object) => object} told.Observed the same, instrumented
 * @param {(client: object) => object} [told.observe] instruments one client
 * @param {() => Promise<unknown>} [told.flush] sends what the exporters hold
 */
export async function runBench({ Bare, Observed, observe = (one) => one, flush = async () => {} }) {
  const { url, amounts } = JSON.parse(process.env.BENCH_PLAN);
  const options = (side) => ({ baseURL: `${url}/${side}/v1`, apiKey: "none" });
  const bare = callsOf(new Bare(options("bare")));
  const observed = callsOf(observe(new Observed(options("observed"))));
  const sides = [bare, observed];
  const { warmUp, rounds, calls, streams, delayMs } = amounts;
  for (const kind of ["call", "stream"]) {
    const amount = kind === "call" ? calls : streams;
    for (let round = 0; round < warmUp; round++) await inTurn(sides, kind, amount);
  }
  await flush();
  const told = {
    calls: await costs(sides, "call", { rounds, amount: calls, flush }),
    streams: await costs(sides, "stream", { rounds, amount: streams, flush }),
    delay: {
      bare: await loopDelay(bare.paced, delayMs),
      observed: await loopDelay(observed.paced, delayMs),
    },
  };
  await flush();
  process.send({ ...told, memory: await memory() });
  process.disconnect();
}

function callsOf(client) {
  const read = async (body) => {
    let length = 0;
    for await (const chunk of await client.chat.completions.create(body)) {
      length += chunk.choices[0]?.delta.content?.length ?? 0;
    }
    if (length === 0) throw new Error("the stream is empty");
  };
  return {
    call: async () => {
      const { choices } = await client.chat.completions.create(QUESTION);
      if (choices[0].finish_reason !== "stop") throw new Error("the answer is not whole");
    },
    stream: () => read(STREAMED),
    paced: () => read(PACED),
  };
}

/** A turn of each side; microseconds of one call in each. */
async function inTurn(sides, kind, amount) {
  const seen = [];
  for (const side of sides) {
    const startedMs = performance.now();
    const before = process.cpuUsage();
    for (let nth = 0; nth < amount; nth++) await side[kind]();
    seen.push({
      cpuUs: spentUs(before) / amount,
      wallUs: ((performance.now() - startedMs) * 1000) / amount,
    });
  }
  return seen;
}

/** Processor time of all threads, those of the garbage collector and the compiler included. */
function spentUs(before) {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function costs(sides, kind, { rounds, amount, flush }) {
  const [bare, observed] = [[], []];
  let flushCpuUs = 0;
  for (let round = 1; round <= rounds; round++) {
    // The first of a round is the other one each time.
    const order = round % 2 === 0 ? sides : sides.toReversed();
    const seen = await inTurn(order, kind, amount);
    const [first, second] = round % 2 === 0 ? [bare, observed] : [observed, bare];
    first.push(seen[0]);
    second.push(seen[1]);
    if (round % ROUNDS_A_FLUSH !== 0 && round !== rounds) continue;
    const before = process.cpuUsage();
    await flush();
    flushCpuUs += spentUs(before);
  }
  return { bare, observed, exportCpuUs: flushCpuUs / (rounds * amount) };
}

async function loopDelay(run, forMs) {
  const untilMs = performance.now() + forMs;
  const work = async () => {
    while (performance.now() < untilMs) await run();
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  delay.disable();
  return delay.percentile(99) / 1e6;
}

/** What is left after collections, by which what nobody holds is gone. */
async function memory() {
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc();
    await wait(10);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, residentBytes: rss };
}
