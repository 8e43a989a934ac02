// Watching what the generated clients of OpenAI and Anthropic return: a promise whose request is
// already on its way and whose answer is read when somebody asks for it, and a stream with an
// iterator of its own. Both stay the objects that they are; only their own fields are replaced.
import { quietly } from "../faults.ts";
import { endOfError, finish, type Watch, watchedIterator, watchUntilGone } from "../stream.ts";
import { fieldsOf, isFields, isMethod, type Method } from "../unknown.ts";
import { watchResponse } from "./raw-response.ts";

/** The clients' own way to make a promise of a part of the answer. */
const UNWRAP = "_thenUnwrap";

/** Fields of the client's promise, the same in all versions since 4 (OpenAI) and 0.20 (Anthropic). */
type ApiPromise = {
  responsePromise: Promise<unknown>;
  parseResponse: Method;
  parse?: Method;
  [UNWRAP]?: Method;
  asResponse?: Method;
};

/** A stream of either client: whatever reads it calls `iterator` first. */
type ApiStream = { iterator: () => AsyncIterator<unknown>; readonly controller?: unknown };

/** Watches what a client's method returned, and returns it. */
export function watchResult(returned: unknown, watch: Watch): unknown {
  if (isApiPromise(returned)) {
    watchPromise(returned, watch);
    return returned;
  }
  // A client that somebody wrapped or replaced: whatever it resolves to is the answer.
  if (returned instanceof Promise) {
    return returned.then(
      (answer: unknown) => watchAnswer(answer, watch),
      (error: unknown) => refusedBy(watch, error),
    );
  }
  return watchAnswer(returned, watch);
}

function isApiPromise(value: unknown): value is ApiPromise {
  return (
    isFields(value) &&
    value["responsePromise"] instanceof Promise &&
    isMethod(value["parseResponse"])
  );
}

function refusedBy(watch: Watch, error: unknown): never {
  finish(watch, endOfError(watch, error, false));
  throw error;
}

/**
 * Replaces what reads the response, and the promise of it by one that passes the same outcome on: a
 * branch beside it would make a rejection that nobody handles look handled.
 *
 * Each function has a name first: one that is written where it is assigned to a field is put among
 * the old objects by V8, and holds the request and its answer until the whole heap is collected.
 */
function watchPromise(promise: ApiPromise, watch: Watch): void {
  const { parseResponse, parse, [UNWRAP]: unwrap, asResponse } = promise;
  const answered = (answer: unknown): unknown => watchAnswer(answer, watch);
  const refused = (error: unknown): never => refusedBy(watch, error);
  /** Whether the client reads the body for somebody who asked for the answer. */
  let parsing = false;
  let isAsked = false;
  promise.responsePromise = promise.responsePromise.then((response) => {
    watch.call.begin();
    if (!isAsked) watchUntilGone(watch);
    return response;
  }, refused);
  const read: Method = function read(...args) {
    parsing = true;
    return Promise.resolve(Reflect.apply(parseResponse, this, args)).then(answered, refused);
  };
  promise.parseResponse = read;
  if (parse !== undefined) {
    const ask: Method = () => {
      parsing = true;
      isAsked = true;
      return Reflect.apply(parse, promise, []);
    };
    promise.parse = ask;
  }
  if (unwrap !== undefined) {
    const derive: Method = (transform, ...rest) => {
      parsing = true;
      const watched: Method = (answer, ...more) =>
        isMethod(transform) ? transform(watchAnswer(answer, watch), ...more) : answer;
      const derived = Reflect.apply(unwrap, promise, [watched, ...rest]);
      // So that this promise's refusal is handled where the derived one's is.
      if (isApiPromise(derived)) derived.responsePromise = promise.responsePromise;
      return derived;
    };
    promise[UNWRAP] = derive;
  }
  if (asResponse !== undefined) {
    const respond: Method = async () => {
      if (!parsing) quietly(() => watch.takeBack?.());
      const response = await Reflect.apply(asResponse, promise, []);
      if (!parsing) readsItself(response, watch);
      return response;
    };
    promise.asResponse = respond;
  }
}

/** Whoever reads the body does so without the client: of a stream, nothing passes here. */
function readsItself(response: unknown, watch: Watch): void {
  if (watch.call.streams) finish(watch, { how: "raw" });
  else
    quietly(() => {
      watchResponse(response, watch);
    });
}

/** Reads a whole answer, or watches a streamed one; returns the same object. */
function watchAnswer(answer: unknown, watch: Watch): unknown {
  quietly(() => {
    if (watch.call.finished || watch.isRead === true) return;
    watch.isRead = true;
    if (isStream(answer)) {
      watchStream(answer, watch);
      return;
    }
    watch.reader.whole(answer);
    finish(watch, watch.reader.end());
  });
  return answer;
}

function isStream(value: unknown): value is ApiStream {
  return isFields(value) && isMethod(value["iterator"]) && Symbol.asyncIterator in value;
}

function watchStream(stream: ApiStream, watch: Watch): void {
  const { iterator, controller } = stream;
  watch.streamSignal = fieldsOf(controller)["signal"];
  let first = true;
  const iterate = (): AsyncIterator<unknown> => {
    const inner = Reflect.apply(iterator, stream, []);
    // The client refuses to be read twice; that is no matter of the call.
    if (!first) return inner;
    first = false;
    return watchedIterator(inner, watch);
  };
  stream.iterator = iterate;
  watchUntilGone(watch);
}
