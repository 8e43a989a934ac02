// Watching what clients return as ordinary promises of an answer.
import { quietly } from "../faults.ts";
import { endOfError, finish, type Watch, watchedIterator } from "../stream.ts";
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
  if (!(returned instanceof Promise)) return returned;
  return returned.then(
    (answer: unknown) => {
      quietly(() => {
        watch.call.begin();
        const stream = streamOf(answer);
        if (isIterable(stream)) {
          watchIterable(stream, watch);
          return;
        }
        watch.reader.whole(answer);
        finish(watch, watch.reader.end());
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
