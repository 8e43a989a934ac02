// OpenLLMetry (Traceloop), for `bench:sdk`. It patches what it is given.
import { OpenAIInstrumentation } from "@traceloop/instrumentation-openai";
import { loadClient } from "../bench-client.mjs";
import { flush, traces } from "../contrib-openai/providers.mjs";
import { runBench } from "../run-bench.mjs";

const [Bare, Observed] = [loadClient(), loadClient()];
const instrumentation = new OpenAIInstrumentation({ traceContent: false });
instrumentation.setTracerProvider(traces);
instrumentation.manuallyInstrument(Observed);

await runBench({ Bare, Observed, flush });
