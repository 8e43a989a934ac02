import assert from "node:assert/strict";
import test from "node:test";
import { Call } from "./call.ts";
import { faultCount } from "./faults.ts";
import { type AnswerReader, type Watch, watchedIterator } from "./stream.ts";
import { Recorder } from "./testing/recorder.ts";

/** `word` has content, `quiet` has none, `usage` was asked for by us, `last` ends the answer. */
type Chunk = "word" | "quiet" | "usage" | "last";
const BROKEN = new TypeError("terminated");

function source(
  chunks: readonly Chunk[],
  end: "done" | "throw",
): AsyncIterator<unknown> & { closed: number } {
  let next = 0;
  return {
    closed: 0,
    next() {
      const value = chunks[next];
      next += 1;
      if (value !== undefined) return Promise.resolve({ done: false, value });
      return end === "done"
        ? Promise.resolve({ done: true, value: undefined })
        : Promise.reject(BROKEN);
    },
    return(value) {
      this.closed += 1;
      next = chunks.length;
      return Promise.resolve({ done: true, value });
    },
  };
}

function watching(
  chunks: readonly Chunk[],
  end: "done" | "throw" = "done",
  signals: Partial<Watch> = {},
): {
  readonly recorder: Recorder;
  readonly inner: ReturnType<typeof source>;
  readonly iterator: AsyncIterableIterator<unknown>;
  readonly watch: Watch;
} {
  const recorder = new Recorder();
  const start = { operation: "chat", provider: "p", model: "m", stream: true } as const;
  const call = new Call({ ...start, request: {}, content: () => ({}) }, recorder.telemetry());
  call.begin();
  let ended = false;
  const reader: AnswerReader = {
    whole: () => undefined,
    chunk: (chunk) => {
      if (chunk === "last") {
        ended = true;
        call.answer.finishReasons = ["stop"];
      }
      if (chunk === "usage") call.answer.usage = { inputTokens: 3, outputTokens: 2 };
      return chunk === "word" ? "content" : chunk === "usage" ? "hidden" : "other";
    },
    end: () => ({ how: ended ? "answered" : "cut" }),
  };
  const watch: Watch = { call, reader, signal: undefined, ...signals };
  const inner = source(chunks, end);
  return { recorder, inner, iterator: watchedIterator(inner, watch), watch };
}

const whole: readonly Chunk[] = ["quiet", "word", "word", "last", "usage"];

test("every chunk is handed on in order, but for the one that we asked for", async () => {
  const { iterator, recorder } = watching(whole);
  const seen: unknown[] = [];
  for await (const chunk of iterator) seen.push(chunk);
  assert.deepEqual(seen, ["quiet", "word", "word", "last"]);
  const [span, ...more] = recorder.spans;
  assert.deepEqual(more, []);
  assert.equal(span?.attributes["gen_ai.usage.input_tokens"], 3);
  assert.deepEqual(recorder.metrics(), {
    "gen_ai.client.operation.duration": 1,
    "gen_ai.client.operation.time_to_first_chunk": 1,
    "gen_ai.client.operation.time_per_output_chunk": 1,
    "gen_ai.client.token.usage": 2,
  });
});

const aborted = { aborted: true };

/** chunks · how the source ends · what is read · what is told of the end, its error type, its reasons */
const ends: readonly {
  readonly name: string;
  readonly chunks: readonly Chunk[];
  readonly end?: "done" | "throw";
  readonly signals?: Partial<Watch>;
  readonly read: "all" | "two" | "none";
  readonly told: readonly [end: unknown, errorType: unknown, reasons: readonly string[]];
}[] = [
  { name: "whole", chunks: whole, read: "all", told: [undefined, undefined, ["stop"]] },
  { name: "left", chunks: whole, read: "two", told: ["closed", undefined, ["error"]] },
  { name: "never read", chunks: whole, read: "none", told: ["closed", undefined, ["error"]] },
  {
    name: "left after the last word",
    chunks: ["word", "last"],
    read: "two",
    told: [undefined, undefined, ["stop"]],
  },
  {
    name: "ended too early",
    chunks: ["word"],
    read: "all",
    told: ["cut", "stream_cut", ["error"]],
  },
  { name: "empty", chunks: [], read: "all", told: ["cut", "stream_cut", ["error"]] },
  {
    name: "broken",
    chunks: ["word"],
    end: "throw",
    read: "all",
    told: ["cut", "stream_cut", ["error"]],
  },
  {
    name: "broken, and aborted by the client for that",
    chunks: ["word"],
    end: "throw",
    signals: { streamSignal: aborted },
    read: "all",
    told: ["cut", "stream_cut", ["error"]],
  },
  {
    name: "aborted by its controller",
    chunks: ["word"],
    signals: { streamSignal: aborted },
    read: "all",
    told: ["cancelled", undefined, ["error"]],
  },
  {
    name: "aborted by the application's signal",
    chunks: ["word"],
    end: "throw",
    signals: { signal: aborted },
    read: "all",
    told: ["cancelled", undefined, ["error"]],
  },
];

for (const { name, chunks, end = "done", signals, read, told } of ends) {
  test(`a stream finishes once: ${name}`, async () => {
    const { iterator, inner, recorder, watch } = watching(chunks, end, signals);
    const readAll = async (): Promise<void> => {
      for await (const _ of iterator);
    };
    const chunksRead = read === "two" ? 2 : 0;
    for (let chunk = 0; chunk < chunksRead; chunk += 1) await iterator.next();
    if (read !== "all") await iterator.return?.();
    else if (end === "throw") await assert.rejects(readAll, (error) => error === BROKEN);
    else await readAll();
    // Whatever comes later is no second end.
    await iterator.return?.();
    watch.call.finish({ how: "abandoned" });
    const [span, ...more] = recorder.spans;
    assert.deepEqual(more, []);
    const { attributes = {} } = span ?? {};
    assert.deepEqual(
      [
        attributes["naruko.call.end"],
        attributes["error.type"],
        attributes["gen_ai.response.finish_reasons"],
      ],
      told,
    );
    assert.equal(span?.status, told[1] === undefined ? 0 : 2);
    assert.equal(recorder.metrics()["gen_ai.client.operation.duration"], 1);
    assert.ok(inner.closed > 0);
  });
}

test("what cannot be read is handed on and counted", async () => {
  const { iterator, watch } = watching(["word", "last"]);
  Object.assign(watch.reader, {
    chunk: () => {
      throw new Error("ours");
    },
  });
  const before = faultCount();
  const seen: unknown[] = [];
  for await (const chunk of iterator) seen.push(chunk);
  assert.deepEqual(seen, ["word", "last"]);
  assert.equal(faultCount(), before + 2);
});

test("an application's error within its loop is its own, and closes the stream", async () => {
  const { iterator, inner, recorder } = watching(whole);
  const own = new Error("the application's");
  await assert.rejects(
    async () => {
      for await (const _ of iterator) throw own;
    },
    (error) => error === own,
  );
  assert.equal(inner.closed, 1);
  assert.equal(recorder.spans[0]?.attributes["naruko.call.end"], "closed");
});

test("the iterator is one as the language makes them", () => {
  const { iterator } = watching(whole);
  assert.equal(iterator[Symbol.asyncIterator](), iterator);
  assert.ok(Symbol.asyncDispose in iterator);
});

test("an abandoned call ended when it was last heard of", async () => {
  const { iterator, watch, recorder } = watching(whole);
  await iterator.next();
  const before = performance.now();
  while (performance.now() - before < 5);
  watch.call.finish({ how: "abandoned" });
  const [span] = recorder.spans;
  assert.equal(span?.attributes["naruko.call.end"], "abandoned");
  assert.ok(span.durationMs < 5);
});
