import { parsedJson } from "../content.ts";
import { quietly } from "../faults.ts";
import { endOfError, finish, type Watch } from "../stream.ts";
import { isFields, isMethod } from "../unknown.ts";
import { replaceMethod } from "./replace-method.ts";

/** What reads a whole body, and how an answer is made of what it returns. */
const READERS: Readonly<Record<string, (read: unknown) => unknown>> = {
  json: (read) => read,
  text: parsedJson,
  arrayBuffer: parsedBytes,
  bytes: parsedBytes,
};

function parsedBytes(read: unknown): unknown {
  return read instanceof ArrayBuffer || read instanceof Uint8Array
    ? parsedJson(new TextDecoder().decode(read))
    : undefined;
}

/**
 * Watches a response whose body the application reads without the client. What it reads at once is
 * read with it; where it takes the body as a stream or copies it, nothing of the answer passes here,
 * and the call is told as `raw`. The body itself is never touched.
 */
export function watchResponse(response: unknown, watch: Watch): void {
  if (!isFields(response)) return;
  let reading = false;
  for (const [name, answerOf] of Object.entries(READERS)) {
    replaceMethod(
      response,
      name,
      (original) =>
        function read(...args) {
          reading = true;
          const body = Reflect.apply(original, this, args);
          return body instanceof Promise ? readWith(body, answerOf, watch) : body;
        },
    );
  }
  const raw = (): void => {
    // Some implementations read by their own stream.
    if (!reading) finish(watch, { how: "raw" });
  };
  for (const name of ["blob", "clone", "formData"]) {
    replaceMethod(
      response,
      name,
      (original) =>
        function read(...args) {
          raw();
          return Reflect.apply(original, this, args);
        },
    );
  }
  watchBody(response, raw);
}

function readWith(
  body: Promise<unknown>,
  answerOf: (read: unknown) => unknown,
  watch: Watch,
): Promise<unknown> {
  return body.then(
    (read) => {
      const answer = quietly(() => answerOf(read));
      if (isFields(answer)) {
        quietly(() => {
          watch.reader.whole(answer);
        });
        finish(watch, watch.reader.end());
      } else {
        finish(watch, { how: "raw" });
      }
      return read;
    },
    (error: unknown) => {
      finish(watch, endOfError(watch, error, true));
      throw error;
    },
  );
}

/** The body as a stream is what the response's class says; who asks for it reads by itself. */
function watchBody(response: object, asked: () => void): void {
  let holder: object | null = response;
  let descriptor: PropertyDescriptor | undefined;
  while (holder !== null && descriptor === undefined) {
    descriptor = Object.getOwnPropertyDescriptor(holder, "body");
    holder = Reflect.getPrototypeOf(holder);
  }
  const get: unknown = Reflect.get(descriptor ?? {}, "get");
  if (!isMethod(get)) return;
  Object.defineProperty(response, "body", {
    get: () => {
      asked();
      return Reflect.apply(get, response, []);
    },
    enumerable: false,
    configurable: true,
  });
}
