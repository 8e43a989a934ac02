// OpenInference, for `bench:sdk`. It patches what it is given.
import { OpenAIInstrumentation } from "@arizeai/openinference-instrumentation-openai";
import { loadClient } from "../bench-client.mjs";
import { flush, traces } from "../contrib-openai/providers.mjs";
import { runBench } from "../run-bench.mjs";

const [Bare, Observed] = [loadClient(), loadClient()];
const traceConfig = { hideInputs: true, hideOutputs: true };
new OpenAIInstrumentation({ tracerProvider: traces, traceConfig }).manuallyInstrument(Observed);

await runBench({ Bare, Observed, flush });
