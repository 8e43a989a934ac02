import type { Attributes } from "@opentelemetry/api";
import type { Call, CallEnd } from "../call.ts";
import { settings } from "../settings.ts";
import type { AnswerReader, ChunkKind, Watch } from "../stream.ts";
import { countOf, type Fields, fieldsOf, isFields, isMethod, listOf, textOf } from "../unknown.ts";
import type { Usage } from "../usage.ts";
import {
  CandidateParts,
  contentsOf,
  generateContent,
  generateOutput,
} from "./google-genai-messages.ts";
import { type NamedFields, numberAttributes } from "./number-attributes.ts";
import { type Observation, type Observe, observeMethod } from "./observed-method.ts";
import { watchPromised } from "./promised.ts";
import { type Destination, serverOf } from "./server.ts";

/** Whether it is a client of Google's package. */
export function isGoogleGenAi(client: object): boolean {
  return isMethod(fieldsOf(fieldsOf(client)["models"])["generateContentInternal"]);
}

/**
 * Observes the calls of one client of Google. What it offers (`models`, `chats`, functions that it
 * calls by itself, answers that it lets continue) makes each of its requests by these methods.
 */
export function observeGoogleGenAi(client: object): void {
  const { models } = fieldsOf(client);
  observeMethod(models, "generateContentInternal", observeGenerate(false));
  observeMethod(models, "generateContentStreamInternal", observeGenerate(true));
  observeMethod(models, "embedContentInternal", observeEmbed);
}

/** Observes every client made from a class, by the class of its models. */
export function observeGoogleGenAiModule(exports: unknown): void {
  const { Models } = fieldsOf(exports);
  if (isMethod(Models)) observeGoogleGenAi({ models: Models.prototype });
}

function observeGenerate(stream: boolean): Observe {
  return (receiver, [params]) => {
    if (!isFields(params)) return undefined;
    return {
      ...observed(params),
      start: {
        operation: "generate_content",
        ...destinationOf(receiver, params),
        model: textOf(params["model"]),
        stream,
        request: requestAttributes(fieldsOf(params["config"])),
        content: () => generateContent(params),
      },
      reader: (call) => new CandidateReader(call),
    };
  };
}

function observeEmbed(receiver: unknown, [params]: readonly unknown[]): Observation | undefined {
  if (!isFields(params)) return undefined;
  const { outputDimensionality } = fieldsOf(params["config"]);
  const dimensions = countOf(outputDimensionality);
  return {
    ...observed(params),
    start: {
      operation: "embeddings",
      ...destinationOf(receiver, params),
      model: textOf(params["model"]),
      stream: false,
      request: dimensions === undefined ? {} : { "gen_ai.embeddings.dimension.count": dimensions },
      content: () => ({ input: contentsOf(params["contents"] ?? params["content"]) }),
    },
    reader: embeddingReader,
  };
}

/** What is the same for all methods. The client's time limit aborts as the application would. */
function observed(params: Fields): Pick<Observation, "signal" | "abortsAtLimit" | "result"> {
  return {
    signal: fieldsOf(params["config"])["abortSignal"],
    abortsAtLimit: true,
    result: (returned: unknown, watch: Watch) => watchPromised(returned, watch, (answer) => answer),
  };
}

/** A request may go to another server than its client's. */
function destinationOf(models: unknown, params: Fields): Destination {
  const { apiClient } = fieldsOf(models);
  const { httpOptions } = fieldsOf(params["config"]);
  const ofClient = fieldsOf(fieldsOf(fieldsOf(apiClient)["clientOptions"])["httpOptions"]);
  const server = serverOf(fieldsOf(httpOptions)["baseUrl"] ?? ofClient["baseUrl"]);
  const { isVertexAI } = fieldsOf(apiClient);
  const vertex = isMethod(isVertexAI) && Reflect.apply(isVertexAI, apiClient, []) === true;
  return { provider: vertex ? "gcp.vertex_ai" : "gcp.gemini", server };
}

const NUMBERS: NamedFields = [
  ["temperature", "gen_ai.request.temperature"],
  ["topP", "gen_ai.request.top_p"],
  ["topK", "gen_ai.request.top_k"],
  ["maxOutputTokens", "gen_ai.request.max_tokens"],
  ["frequencyPenalty", "gen_ai.request.frequency_penalty"],
  ["presencePenalty", "gen_ai.request.presence_penalty"],
  ["seed", "gen_ai.request.seed"],
];

function requestAttributes(config: Fields): Attributes {
  const attributes = numberAttributes(config, NUMBERS);
  const choices = countOf(config["candidateCount"]) ?? 1;
  if (choices !== 1) attributes["gen_ai.request.choice.count"] = choices;
  const stops = listOf(config["stopSequences"]).filter((text) => typeof text === "string");
  if (stops.length > 0) attributes["gen_ai.request.stop_sequences"] = stops;
  const { responseMimeType: mime, thinkingConfig } = config;
  if (mime === "application/json") attributes["gen_ai.output.type"] = "json";
  if (mime === "text/plain") attributes["gen_ai.output.type"] = "text";
  const level = textOf(fieldsOf(thinkingConfig)["thinkingLevel"]);
  if (level !== undefined && settings().generation === "latest") {
    attributes["gen_ai.request.reasoning.level"] = level.toLowerCase();
  }
  return attributes;
}

/** Reads answers and their chunks, which have the same shape; candidates are told by their index. */
class CandidateReader implements AnswerReader {
  readonly #call: Call;
  readonly #reasons: (string | undefined)[] = [];
  readonly #parts = new CandidateParts();
  #isWhole = false;

  constructor(call: Call) {
    this.#call = call;
    call.tellsOutput(() => generateOutput(this.#parts.list(), this.#reasons));
  }

  whole(answer: unknown): void {
    this.#isWhole = true;
    this.#read(fieldsOf(answer));
  }

  chunk(chunk: unknown): ChunkKind {
    return this.#read(fieldsOf(chunk)) ? "content" : "other";
  }

  end(): CallEnd {
    return { how: this.#isComplete() ? "answered" : "cut" };
  }

  #isComplete(): boolean {
    return this.#isWhole || (this.#reasons.length > 0 && !this.#reasons.includes(undefined));
  }

  /** Whether it brought content. */
  #read(fields: Fields): boolean {
    const { answer } = this.#call;
    answer.responseId = textOf(fields["responseId"]) ?? answer.responseId;
    answer.responseModel = textOf(fields["modelVersion"]) ?? answer.responseModel;
    let content = false;
    for (const [place, candidate] of listOf(fields["candidates"]).entries()) {
      if (this.#readCandidate(fieldsOf(candidate), place)) content = true;
    }
    const { blockReason } = fieldsOf(fields["promptFeedback"]);
    // A prompt that was refused has no candidates at all.
    if (textOf(blockReason) !== undefined) this.#reasons[0] ??= "content_filter";
    if (this.#reasons.length > 0) answer.finishReasons = this.#reasons;
    const { usageMetadata: usage } = fields;
    if (isFields(usage)) answer.usage = usageOf(usage, this.#isComplete());
    return content;
  }

  #readCandidate(candidate: Fields, place: number): boolean {
    const index = Math.min(countOf(candidate["index"]) ?? place, CANDIDATES);
    const reasons = this.#reasons;
    while (reasons.length <= index) reasons.push(undefined);
    reasons[index] = textOf(candidate["finishReason"]) ?? reasons[index];
    const parts = listOf(fieldsOf(candidate["content"])["parts"]).map(fieldsOf);
    if (this.#call.wantsText) for (const part of parts) this.#parts.add(index, part);
    return parts.some(hasContent);
  }
}

/** Candidates that are told apart; what a server says beyond counts for the last. */
const CANDIDATES = 127;

/** A last chunk often has an empty text, or a signature alone. */
function hasContent(part: Fields): boolean {
  const { text, thoughtSignature: _, thought: __, ...rest } = part;
  return textOf(text) !== undefined || Object.values(rest).some(isFields);
}

/**
 * Each chunk tells the usage so far, which replaces what was told before. Thoughts are not among the
 * candidates' tokens, nor what tools brought among the prompt's. What the output came to is known
 * once the answer is complete.
 */
function usageOf(usage: Fields, complete: boolean): Usage {
  const prompt = countOf(usage["promptTokenCount"]);
  const candidates = countOf(usage["candidatesTokenCount"]);
  const thoughts = countOf(usage["thoughtsTokenCount"]);
  const tools = countOf(usage["toolUsePromptTokenCount"]) ?? 0;
  return {
    inputTokens: prompt === undefined ? undefined : prompt + tools,
    // A count of nothing is left out by the server.
    outputTokens: complete ? (candidates ?? 0) + (thoughts ?? 0) : undefined,
    cacheReadTokens: countOf(usage["cachedContentTokenCount"]),
    reasoningTokens: complete ? thoughts : undefined,
    modalities: {
      input: modalitiesOf(usage["promptTokensDetails"]),
      output: complete ? modalitiesOf(usage["candidatesTokensDetails"]) : undefined,
    },
  };
}

function modalitiesOf(details: unknown): Readonly<Record<string, number>> {
  const told: Record<string, number> = {};
  for (const detail of listOf(details)) {
    const { modality, tokenCount } = fieldsOf(detail);
    const name = textOf(modality)?.toLowerCase();
    const tokens = countOf(tokenCount) ?? 0;
    if (tokens > 0 && (name === "image" || name === "audio")) told[name] = tokens;
  }
  return told;
}

function embeddingReader({ answer }: Call): AnswerReader {
  return {
    whole: (list) => {
      const { usageMetadata, embeddings } = fieldsOf(list);
      const told = countOf(fieldsOf(usageMetadata)["promptTokenCount"]);
      answer.usage = { inputTokens: told ?? tokensOf(listOf(embeddings)) };
    },
    chunk: () => "other",
    end: () => ({ how: "answered" }),
  };
}

/** Some models tell the tokens of each text with its embedding. */
function tokensOf(embeddings: readonly unknown[]): number | undefined {
  const counts = embeddings.map((embedding) =>
    countOf(fieldsOf(fieldsOf(embedding)["statistics"])["tokenCount"]),
  );
  if (counts.length === 0) return undefined;
  return counts.reduce((sum: number | undefined, count) =>
    sum === undefined || count === undefined ? undefined : sum + count,
  );
}
