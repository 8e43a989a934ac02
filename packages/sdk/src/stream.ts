import type { Call, CallEnd } from "./call.ts";
import { errorTypeOf, isCancellation, isTimeout, TIMEOUT } from "./error-type.ts";
import { quietly } from "./faults.ts";
import { fieldsOf } from "./unknown.ts";

/** What a chunk of an answer is: `hidden` ones were asked for by us and are not handed on. */
export type ChunkKind = "content" | "other" | "hidden";

/** Reads the answer of one call, chunk by chunk or whole, into the call's `answer`. */
export type AnswerReader = {
  readonly whole: (answer: unknown) => void;
  readonly chunk: (chunk: unknown) => ChunkKind;
  /** How a stream ended that has no more chunks: `cut` where its last word never came. */
  readonly end: () => CallEnd;
};

/** One call being watched; held by what the application holds, and gone when it lets go. */
export type Watch = {
  readonly call: Call;
  readonly reader: AnswerReader;
  /** The signal by which the application may call the request off. */
  readonly signal: unknown;
  /** That of a stream's own controller. Clients abort it themselves when a stream breaks. */
  streamSignal?: unknown;
  /** Takes back what was asked for beyond the application's own request; in vain once it is sent. */
  readonly takeBack?: (() => void) | undefined;
  /** Whether its answer, or the stream of it, is being read. */
  isRead?: boolean;
  /** Whether somebody waits for it to be let go. */
  isRegistered?: boolean;
  /** Whether an error of aborting without that signal is the client's own time limit. */
  readonly abortsAtLimit?: boolean | undefined;
};

const isAborted = (signal: unknown): boolean => fieldsOf(signal)["aborted"] === true;

/**
 * Finishes calls whose answer the application let go without reading it. What is registered is the
 * watch; the call itself does not lead back to it.
 */
const abandoned = new FinalizationRegistry<Call>((call) => {
  quietly(() => {
    call.finish({ how: "abandoned" });
  });
});

/**
 * Watches a call until what the application holds of its answer is gone. For answers that are read
 * later, or never: one that is being read comes to an end, and what is registered here outlives many
 * collections of garbage.
 */
export function watchUntilGone(watch: Watch): void {
  if (watch.call.finished || watch.isRegistered === true) return;
  watch.isRegistered = true;
  abandoned.register(watch, watch.call, watch);
}

/** Finishes a watched call, for whichever reason comes first. */
export function finish(watch: Watch, end: CallEnd): void {
  quietly(() => {
    watch.call.finish(end);
    if (watch.isRegistered === true) abandoned.unregister(watch);
  });
}

/** How a call ended that threw; `began` for one whose answer had begun. */
export function endOfError(watch: Watch, error: unknown, began: boolean): CallEnd {
  const aborted = isCancellation(error);
  if (aborted && watch.abortsAtLimit === true && !isAborted(watch.signal))
    return { how: "failed", errorType: TIMEOUT };
  if (!isTimeout(error) && (aborted || isAborted(watch.signal))) return { how: "cancelled" };
  const errorType = errorTypeOf(error);
  // Transport errors have many names; a server's own error within a stream has a code of its own.
  return began && TRANSPORT.test(errorType) ? { how: "cut" } : { how: "failed", errorType };
}

const TRANSPORT =
  /^(?:TypeError|Error|FetchError|AggregateError|UND_ERR_\w+|ECONNRESET|ECONNABORTED|EPIPE|ERR_STREAM_PREMATURE_CLOSE|APIConnectionError|system|_OTHER)$/;

const NO_METHODS: object = {};
const asyncIteratorPrototype: object =
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- prototypes have no types
  (Object.getPrototypeOf(Object.getPrototypeOf(asyncGenerator.prototype)) as object | null) ??
  NO_METHODS;

async function* asyncGenerator(): AsyncGenerator<never> {}

/**
 * An iterator that hands every chunk on as soon as it comes, reads it on the way, and finishes the
 * call once: at the end, an error, or when the application stops reading.
 */
export function watchedIterator(
  inner: AsyncIterator<unknown>,
  watch: Watch,
): AsyncIterableIterator<unknown> {
  const received = (
    result: IteratorResult<unknown>,
  ): IteratorResult<unknown> | Promise<IteratorResult<unknown>> => {
    if (result.done === true) finish(watch, endOfStream(watch));
    else if (seen(watch, result.value) === "hidden") return next();
    return result;
  };
  const broken = (error: unknown): never => {
    finish(watch, endOfError(watch, error, true));
    throw error;
  };
  // Without a function that awaits: it would make more objects for each chunk.
  const next = (): Promise<IteratorResult<unknown>> => nextOf(inner).then(received, broken);
  const methods = {
    next,
    return: async (value?: unknown): Promise<IteratorResult<unknown>> => {
      finish(watch, endOfReader(watch, "closed"));
      return inner.return === undefined ? { done: true, value } : inner.return(value);
    },
    throw: async (error?: unknown): Promise<IteratorResult<unknown>> => {
      finish(watch, endOfReader(watch, "closed"));
      if (inner.throw === undefined) throw error;
      return inner.throw(error);
    },
    [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
      return iterator;
    },
  };
  const iterator: AsyncIterableIterator<unknown> = Object.assign(
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- gets its methods here
    Object.create(asyncIteratorPrototype) as object,
    methods,
  );
  return iterator;
}

function nextOf(inner: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  try {
    return Promise.resolve(inner.next());
  } catch (error) {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever it threw
    return Promise.reject(error);
  }
}

function seen(watch: Watch, chunk: unknown): ChunkKind | undefined {
  return quietly(() => {
    const kind = watch.reader.chunk(chunk);
    if (kind === "content") watch.call.chunk();
    return kind;
  });
}

function endOfStream(watch: Watch): CallEnd {
  const cancelled = isAborted(watch.signal) || isAborted(watch.streamSignal);
  return endOfReader(watch, cancelled ? "cancelled" : "cut");
}

/** An answer whose last word came is whole, whatever the application did with it then. */
function endOfReader(watch: Watch, otherwise: "closed" | "cancelled" | "cut"): CallEnd {
  const end = quietly(() => watch.reader.end()) ?? { how: "answered" };
  return end.how === "cut" ? { how: otherwise } : end;
}
