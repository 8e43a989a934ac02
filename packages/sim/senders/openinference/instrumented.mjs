// The cases of `docs/conformance.md`, instrumented by OpenInference.
import Anthropic from "@anthropic-ai/sdk";
import { AnthropicInstrumentation } from "@arizeai/openinference-instrumentation-anthropic";
import { BedrockInstrumentation } from "@arizeai/openinference-instrumentation-bedrock";
import { OpenAIInstrumentation } from "@arizeai/openinference-instrumentation-openai";
import * as bedrockClient from "@aws-sdk/client-bedrock-runtime";
import * as api from "@opentelemetry/api";
import OpenAI from "openai";
import { CASES as ANTHROPIC } from "../anthropic/cases.mjs";
import { CASES as BEDROCK } from "../bedrock/cases.mjs";
import { settings as bedrockSettings } from "../bedrock/client.mjs";
import { flush, traces } from "../contrib-openai/providers.mjs";
import { CASES as OPENAI } from "../openai/cases.mjs";
import { runInstrumented } from "../run-instrumented.mjs";

new OpenAIInstrumentation({ tracerProvider: traces }).manuallyInstrument(OpenAI);
new AnthropicInstrumentation({ tracerProvider: traces }).manuallyInstrument(Anthropic);
new BedrockInstrumentation({ tracerProvider: traces }).manuallyInstrument(bedrockClient);

const { BedrockRuntime, ConverseCommand, ConverseStreamCommand } = bedrockClient;
const COMMANDS = { ConverseCommand, ConverseStreamCommand };

/** It knows commands by the classes of its own copy of the client; the cases have another one. */
class OwnCopy extends BedrockRuntime {
  send(command, ...rest) {
    const Command = COMMANDS[command.constructor.name];
    return super.send(new Command(command.input), ...rest);
  }
}

const settings = { apiKey: "none", maxRetries: 0 };
await runInstrumented(
  {
    openai: {
      cases: OPENAI,
      make: (url, options) => new OpenAI({ baseURL: `${url}/v1`, ...settings, ...options }),
    },
    anthropic: {
      cases: ANTHROPIC,
      make: (baseURL, options) => new Anthropic({ baseURL, ...settings, ...options }),
    },
    bedrock: {
      cases: BEDROCK,
      make: (endpoint, options) => new OwnCopy(bedrockSettings(endpoint, options)),
    },
  },
  { api, traces, flush },
);
