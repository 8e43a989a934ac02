// Observed by `@naruko/sdk`, for `bench:sdk`: with its own exporter, or with providers of the
// application; or not at all, so that nothing but chance is measured.
import { observe, start } from "@naruko/sdk";
import process from "node:process";
import { loadClient } from "../bench-client.mjs";
import { runBench } from "../run-bench.mjs";

const ways = {
  bare: () => ({}),
  own: () => ({ observe, flush: start().flush }),
  providers: async () => {
    const { flush } = await import("../contrib-openai/providers.mjs");
    start();
    return { observe, flush };
  },
};

const way = await ways[process.argv[2]]();
await runBench({ Bare: loadClient(), Observed: loadClient(), ...way });
