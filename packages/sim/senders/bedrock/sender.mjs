// An application that asks models by AWS' client of Bedrock, observed by `@naruko/sdk`.
import { runObserved } from "../run-observed.mjs";
import { CASES } from "./cases.mjs";
import { makeClient } from "./client.mjs";

await runObserved(CASES, makeClient);
