import type { Attributes } from "@opentelemetry/api";
import type { Call, CallEnd, CallStart } from "../call.ts";
import { ATTRIBUTE } from "../conventions.ts";
import type { AnswerReader, ChunkKind, Watch } from "../stream.ts";
import {
  countOf,
  type Fields,
  fieldsOf,
  isFields,
  isMethod,
  listOf,
  numberOf,
  textOf,
} from "../unknown.ts";
import type { Usage } from "../usage.ts";
import { BlockTexts, converseContent, converseOutput } from "./bedrock-messages.ts";
import { type NamedFields, numberAttributes } from "./number-attributes.ts";
import { type Observation, observeMethod } from "./observed-method.ts";
import { watchPromised } from "./promised.ts";
import type { Server } from "./server.ts";

/** Whether it is a client of AWS' package for Bedrock's models. */
export function isBedrock(client: object): boolean {
  const { send, config } = fieldsOf(client);
  return isMethod(send) && fieldsOf(config)["serviceId"] === "Bedrock Runtime";
}

/**
 * Observes the conversations of one client of Bedrock: `send` with a command of `Converse` or
 * `ConverseStream`, and the methods of these names, which send one. With a callback in place of a
 * promise nothing is observed.
 */
export function observeBedrock(client: object): void {
  void findServer(client);
  observeMethod(client, "send", observeSend);
}

/** Observes every client made from a class. */
export function observeBedrockClass(made: unknown): void {
  if (isMethod(made)) observeMethod(made.prototype, "send", observeSend);
}

/** `send(command, options)`. */
function observeSend(client: unknown, args: readonly unknown[]): Observation | undefined {
  const [command, options] = args;
  const { input } = fieldsOf(command);
  const name = nameOf(command);
  const stream = name === "ConverseStream";
  if ((name !== "Converse" && !stream) || !isFields(input) || !isFields(client)) return undefined;
  if (args.some((arg) => isMethod(arg))) return undefined;
  void findServer(client);
  const start: CallStart = {
    operation: "chat",
    provider: "aws.bedrock",
    model: textOf(input["modelId"]),
    get server() {
      return servers.get(client);
    },
    stream,
    request: requestAttributes(input),
    content: () => converseContent(input),
  };
  return {
    start,
    reader: (call) => new ConverseReader(call),
    signal: fieldsOf(options)["abortSignal"],
    result: (returned, watch) => watchSent(returned, watch, start),
  };
}

/** Minifiers rename classes; since 2025 commands have a schema with their operation's name. */
function nameOf(command: unknown): string | undefined {
  const [, , name] = listOf(fieldsOf(command)["schema"]);
  if (typeof name === "string") return name;
  const { constructor: made } = isFields(command) ? command : {};
  return typeof made === "function" ? made.name.replace(/Command$/, "") : undefined;
}

function watchSent(returned: unknown, watch: Watch, start: CallStart): unknown {
  if (!(returned instanceof Promise)) return returned;
  const tell = ({ $metadata: metadata }: Fields): void => {
    const { attributes } = watch.call.answer;
    const request = textOf(fieldsOf(metadata)["requestId"]);
    if (request !== undefined) attributes["aws.request_id"] = request;
    // The span began before it was known where the request goes.
    const { server } = start;
    if (server === undefined) return;
    attributes[ATTRIBUTE.serverAddress] = server.address;
    attributes[ATTRIBUTE.serverPort] = server.port;
  };
  const located = returned.then(
    (answer: unknown) => {
      tell(fieldsOf(answer));
      return answer;
    },
    (error: unknown) => {
      tell(fieldsOf(error));
      throw error;
    },
  );
  return watchPromised(located, watch, (answer) => fieldsOf(answer)["stream"]);
}

/** Where clients send their requests, as far as that is known: it is found asynchronously. */
const servers = new WeakMap<object, Server>();
const sought = new WeakSet<object>();

/** Asks a client for its endpoint in the way it does itself; the client keeps what it finds. */
async function findServer(client: object): Promise<void> {
  if (sought.has(client)) return;
  sought.add(client);
  try {
    const { config } = fieldsOf(client);
    const { endpoint, endpointProvider } = fieldsOf(config);
    const found = isMethod(endpoint)
      ? await Reflect.apply(endpoint, config, [])
      : isMethod(endpointProvider) &&
        fieldsOf(endpointProvider(await endpointParameters(fieldsOf(config))))["url"];
    const { hostname, port, protocol } = fieldsOf(found);
    const address = textOf(hostname);
    if (address === undefined) return;
    const told = Number(port ?? 0);
    servers.set(client, { address, port: told > 0 ? told : protocol === "http:" ? 80 : 443 });
  } catch {
    // Where the client cannot find its endpoint, its calls fail, and tell why.
  }
}

async function endpointParameters(config: Fields): Promise<Fields> {
  const { region, useFipsEndpoint: fips, useDualstackEndpoint: dual } = config;
  const asked = [region, fips, dual].map((value) =>
    isMethod(value) ? Reflect.apply(value, config, []) : value,
  );
  const [Region, UseFIPS, UseDualStack] = await Promise.all(asked);
  return { Region, UseFIPS, UseDualStack };
}

const NUMBERS: NamedFields = [
  ["maxTokens", "gen_ai.request.max_tokens"],
  ["temperature", "gen_ai.request.temperature"],
  ["topP", "gen_ai.request.top_p"],
];

function requestAttributes(input: Fields): Attributes {
  const inference = fieldsOf(input["inferenceConfig"]);
  const attributes = numberAttributes(inference, NUMBERS);
  const stops = listOf(inference["stopSequences"]).filter((text) => typeof text === "string");
  if (stops.length > 0) attributes["gen_ai.request.stop_sequences"] = stops;
  const { top_k: topK } = fieldsOf(input["additionalModelRequestFields"]);
  if (numberOf(topK) !== undefined) attributes["gen_ai.request.top_k"] = numberOf(topK);
  const { guardrailIdentifier } = fieldsOf(input["guardrailConfig"]);
  const guardrail = textOf(guardrailIdentifier);
  if (guardrail !== undefined) attributes["aws.bedrock.guardrail.id"] = guardrail;
  return attributes;
}

/** Reads answers and the events of their streams. */
class ConverseReader implements AnswerReader {
  readonly #call: Call;
  readonly #blocks = new BlockTexts();
  #reason: string | undefined;
  #isWhole = false;

  constructor(call: Call) {
    this.#call = call;
    call.tellsOutput(() => converseOutput(this.#blocks.list(), this.#reason));
  }

  whole(answer: unknown): void {
    const { output } = fieldsOf(answer);
    this.#isWhole = true;
    this.#readReason(fieldsOf(answer));
    this.#readUsage(fieldsOf(answer));
    if (!this.#call.wantsText) return;
    const { content } = fieldsOf(fieldsOf(output)["message"]);
    for (const [index, block] of listOf(content).entries()) {
      this.#blocks.begin(index, fieldsOf(block));
    }
  }

  chunk(event: unknown): ChunkKind {
    const { contentBlockStart, contentBlockDelta, messageStop, metadata } = fieldsOf(event);
    // The usage comes after the message's end.
    if (isFields(metadata)) this.#readUsage(metadata);
    if (isFields(messageStop)) this.#readReason(messageStop);
    if (isFields(contentBlockStart)) {
      const { start, contentBlockIndex } = contentBlockStart;
      if (this.#call.wantsText)
        this.#blocks.begin(countOf(contentBlockIndex) ?? 0, fieldsOf(start));
      return isFields(start) && Object.values(start).some(isFields) ? "content" : "other";
    }
    if (isFields(contentBlockDelta)) {
      const { delta, contentBlockIndex } = contentBlockDelta;
      if (this.#call.wantsText) this.#blocks.add(countOf(contentBlockIndex) ?? 0, fieldsOf(delta));
      return hasContent(fieldsOf(delta)) ? "content" : "other";
    }
    return "other";
  }

  end(): CallEnd {
    return { how: this.#isWhole || this.#reason !== undefined ? "answered" : "cut" };
  }

  #readReason({ stopReason }: Fields): void {
    this.#reason = textOf(stopReason) ?? this.#reason;
    if (this.#reason !== undefined) this.#call.answer.finishReasons = [this.#reason];
  }

  #readUsage({ usage }: Fields): void {
    if (isFields(usage)) this.#call.answer.usage = usageOf(usage);
  }
}

/** A signature is no content, and the first piece of a tool's arguments may be empty. */
function hasContent({ text, toolUse, reasoningContent, ...rest }: Fields): boolean {
  return (
    textOf(text) !== undefined ||
    textOf(fieldsOf(toolUse)["input"]) !== undefined ||
    textOf(fieldsOf(reasoningContent)["text"]) !== undefined ||
    Object.values(rest).some(isFields)
  );
}

/**
 * Most models' `inputTokens` are only those that no cache has to do with; where the total says that
 * they are all of them, they are.
 */
function usageOf(usage: Fields): Usage {
  const input = countOf(usage["inputTokens"]);
  const outputTokens = countOf(usage["outputTokens"]);
  const cacheReadTokens = countOf(usage["cacheReadInputTokens"]);
  const cacheWriteTokens = countOf(usage["cacheWriteInputTokens"]);
  const cached = (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
  const total = countOf(usage["totalTokens"]);
  const included = input !== undefined && input >= cached && total === input + (outputTokens ?? 0);
  return {
    inputTokens: input === undefined || included ? input : input + cached,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
  };
}
