// What a call becomes by three generations of the GenAI conventions: up to v1.36, v1.37 to v1.41, and
// since 2026 in their own repository.

const SECONDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216];

export const GENERATIONS = {
  1: () => ({
    attributes: (call) => ({
      ...modelAttributes(call, "gen_ai.system"),
      ...answerAttributes(call),
      ...defined({
        "gen_ai.usage.prompt_tokens": call.told.usage?.input,
        "gen_ai.usage.completion_tokens": call.told.usage?.output,
      }),
    }),
    // The first generation's senders told spans only.
    record: () => undefined,
  }),
  2: (meter) => {
    const duration = secondsHistogram(meter, "gen_ai.client.operation.duration");
    const tokens = meter.createHistogram("gen_ai.client.token.usage", {
      unit: "{token}",
      advice: { explicitBucketBoundaries: TOKENS },
    });
    return {
      attributes: laterAttributes,
      record: (call) => {
        const labels = metricAttributes(call);
        duration.record(call.seconds, labels);
        const { usage = {} } = call.told;
        if (usage.input !== undefined) {
          tokens.record(usage.input, { ...labels, "gen_ai.token.type": "input" });
        }
        if (usage.output !== undefined) {
          tokens.record(usage.output, { ...labels, "gen_ai.token.type": "output" });
        }
      },
    };
  },
  3: (meter) => {
    const duration = secondsHistogram(meter, "gen_ai.client.inference.duration");
    const counter = (name) =>
      meter.createCounter(`gen_ai.client.inference.usage.${name}`, { unit: "{token}" });
    const input = counter("input_tokens");
    const output = counter("output_tokens");
    return {
      attributes: laterAttributes,
      record: (call) => {
        const labels = metricAttributes(call);
        duration.record(call.seconds, labels);
        // Every call counts; one that told no usage counts 0 of an unknown kind.
        const { usage = {} } = call.told;
        const modality = usage.input === undefined ? "unknown" : "text";
        const counted = { ...labels, "gen_ai.token.modality": modality };
        input.add(usage.input ?? 0, counted);
        output.add(usage.output ?? 0, counted);
      },
    };
  },
};

function secondsHistogram(meter, name) {
  return meter.createHistogram(name, {
    unit: "s",
    advice: { explicitBucketBoundaries: SECONDS },
  });
}

function laterAttributes(call) {
  const { asked, told } = call;
  return {
    ...modelAttributes(call, "gen_ai.provider.name"),
    ...answerAttributes(call),
    ...defined({
      "gen_ai.request.stream": asked.stream || undefined,
      "gen_ai.response.time_to_first_chunk": told.firstS,
      "gen_ai.usage.input_tokens": told.usage?.input,
      "gen_ai.usage.output_tokens": told.usage?.output,
      "gen_ai.usage.cache_read.input_tokens": told.usage?.cacheRead,
    }),
  };
}

function modelAttributes({ asked, told, operation }, providerKey) {
  return defined({
    "gen_ai.operation.name": operation,
    [providerKey]: asked.api === "messages" ? "anthropic" : "openai",
    "gen_ai.request.model": asked.model,
    "gen_ai.response.model": told.model,
    "error.type": told.errorType,
  });
}

function answerAttributes({ told }) {
  return defined({
    "gen_ai.response.id": told.id,
    "gen_ai.response.finish_reasons": told.finish === undefined ? undefined : [told.finish],
  });
}

function metricAttributes(call) {
  return modelAttributes(call, "gen_ai.provider.name");
}

function defined(attributes) {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
