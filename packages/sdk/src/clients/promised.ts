// Watching what clients return as ordinary promises of an answer.
import { quietly } from "../faults.ts";
import { endOfError, finish, type Watch, watchedIterator, watchUntilGone } from "../stream.ts";
import { fieldsOf, isFields, isMethod, type Method } from "../unknown.ts";

/**
 * Watches a promise of an answer.
 *
 * @param streamOf the stream that an answer is, or has; whatever else it finds is no stream
 */
export function watchPromised(
  returned: unknown,
  watch: Watch,
  streamOf: (answer: unknown) => unknown,
): unknown {
  if (!(returned instanceof Promise)) {
    watchUntilGone(watch);
    return returned;
  }
  return returned.then(
    (answer: unknown) => {
      quietly(() => {
        watch.call.begin();
        const stream = streamOf(answer);
        if (stream instanceof ReadableStream) {
          watchReadable(stream, watch);
          watchUntilGone(watch);
        } else if (isIterable(stream)) {
          watchIterable(stream, watch);
          watchUntilGone(watch);
        } else {
          watch.reader.whole(answer);
          finish(watch, watch.reader.end());
        }
      });
      return answer;
    },
    (error: unknown) => {
      finish(watch, endOfError(watch, error, false));
      throw error;
    },
  );
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return isFields(value) && Symbol.asyncIterator in value;
}

function isIterator(stream: object): stream is AsyncIterator<unknown> {
  return isMethod(fieldsOf(stream)["next"]);
}

/**
 * Watches whatever reads a stream, which stays the object that it is: a generator gets methods of
 * its own, any other iterable a first iterator of its own.
 */
function watchIterable(stream: AsyncIterable<unknown>, watch: Watch): void {
  const own = (name: string | symbol, value: Method): void => {
    Object.defineProperty(stream, name, { value, configurable: true, writable: true });
  };
  if (isIterator(stream)) {
    const inner: AsyncIterator<unknown> = {
      next: stream.next.bind(stream),
      ...(stream.return !== undefined && { return: stream.return.bind(stream) }),
      ...(stream.throw !== undefined && { throw: stream.throw.bind(stream) }),
    };
    for (const [name, method] of Object.entries(watchedIterator(inner, watch))) {
      if (isMethod(method)) own(name, method);
    }
    return;
  }
  const { [Symbol.asyncIterator]: iterate } = stream;
  let first = true;
  own(Symbol.asyncIterator, () => {
    const inner: AsyncIterator<unknown> = Reflect.apply(iterate, stream, []);
    if (!first) return inner;
    first = false;
    return watchedIterator(inner, watch);
  });
}

/** By which a web stream is read; each of them ends up at the watched one. */
const READING = ["pipeThrough", "pipeTo", "getReader", "tee", "values", "cancel"] as const;

/** Watches whatever reads a web stream, which stays the object that it is. */
function watchReadable(stream: ReadableStream<unknown>, watch: Watch): void {
  const getReader = stream.getReader.bind(stream);
  let made: ReadableStream<unknown> | undefined;
  const watched = (): ReadableStream<unknown> => (made ??= watchedReadable(getReader(), watch));
  for (const name of [...READING, Symbol.asyncIterator]) {
    const method = Reflect.get(stream, name);
    if (!isMethod(method)) continue;
    const value: Method = (...args) => Reflect.apply(method, watched(), args);
    Object.defineProperty(stream, name, { value, configurable: true, writable: true });
  }
}

/** Nothing is read ahead: the server is asked when the application asks. */
function watchedReadable(
  reader: ReadableStreamDefaultReader<unknown>,
  watch: Watch,
): ReadableStream<unknown> {
  const inner: AsyncIterator<unknown> = {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    return: async (reason: unknown) => {
      await reader.cancel(reason);
      return { done: true, value: undefined };
    },
  };
  const iterator = watchedIterator(inner, watch);
  return new ReadableStream<unknown>(
    {
      pull: async (controller) => {
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async (reason) => {
        await iterator.return?.(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
