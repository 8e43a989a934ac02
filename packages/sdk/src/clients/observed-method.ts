import { Call, type CallStart } from "../call.ts";
import { quietly } from "../faults.ts";
import { type AnswerReader, endOfError, finish, type Watch } from "../stream.ts";
import { telemetry } from "../telemetry.ts";
import { fieldsOf, type Method } from "../unknown.ts";
import { watchResult } from "./api-promise.ts";
import { replaceMethod } from "./replace-method.ts";

/** How one method of a client is observed. */
export type Observation = {
  readonly start: CallStart;
  readonly reader: (call: Call) => AnswerReader;
  /** What is sent in place of the application's arguments, where we ask for more than it did. */
  readonly args?: readonly unknown[];
  /** See `Watch`. */
  readonly takeBack?: (() => void) | undefined;
  /** The signal by which the application may call it off; `signal` of its options by default. */
  readonly signal?: unknown;
  /** See `Watch`. */
  readonly abortsAtLimit?: boolean;
  /** Watches what the method returned; by default as the generated clients return it. */
  readonly result?: (returned: unknown, watch: Watch) => unknown;
};

/** What is made of a call's receiver and arguments; `undefined` for one that is not observed. */
export type Observe = (receiver: unknown, args: readonly unknown[]) => Observation | undefined;

/**
 * Replaces a method of a client, or of the class of its part, by one that tells each call. Receiver,
 * result and errors stay what they are.
 */
export function observeMethod(holder: unknown, name: string, observe: Observe): void {
  replaceMethod(holder, name, (original) => observedMethod(original, observe));
}

function observedMethod(original: Method, observe: Observe): Method {
  return function call(...args) {
    const begun = quietly(() => begin(observe, this, args));
    if (begun === undefined) return Reflect.apply(original, this, args);
    const { watch, result } = begun;
    let returned: unknown;
    try {
      returned = watch.call.within(() => Reflect.apply(original, this, begun.args));
    } catch (error) {
      finish(watch, endOfError(watch, error, false));
      throw error;
    }
    return quietly(() => result(returned, watch)) ?? returned;
  };
}

type Begun = Required<Pick<Observation, "args" | "result">> & { readonly watch: Watch };

function begin(observe: Observe, receiver: unknown, args: readonly unknown[]): Begun | undefined {
  const told = telemetry();
  if (told === undefined) return undefined;
  const observation = observe(receiver, args);
  if (observation === undefined) return undefined;
  const call = new Call(observation.start, told);
  const { abortsAtLimit, takeBack, result = watchResult } = observation;
  const signal = observation.signal ?? fieldsOf(args[1])["signal"];
  const reader = observation.reader(call);
  const watch: Watch = { call, reader, signal, takeBack, abortsAtLimit };
  return { watch, args: observation.args ?? args, result };
}
