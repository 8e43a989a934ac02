import type { Attributes } from "@opentelemetry/api";
import { ATTRIBUTE, type Operation } from "./conventions.ts";

/** What the metrics of a call are told apart by, before it is answered. */
export type CallNames = {
  readonly operation: Operation;
  readonly provider: string;
  readonly model?: string | undefined;
  readonly server?: { readonly address: string; readonly port: number } | undefined;
};

/** Places in the tree below; an application needs far fewer. */
const PLACES = 16_384;

/** All labels so far, by what they say, one after the other. */
type Place = { readonly next: Map<unknown, Place>; labels?: Attributes };

const root: Place = { next: new Map() };
let places = 0;

/**
 * Attributes of every metric of a call: one object for all calls that say the same, so that a meter
 * finds their series at once. What is returned is shared: it is never changed.
 *
 * @param more what the provider tells beside them
 */
export function labelsOf(
  names: CallNames,
  responseModel: string | undefined,
  more: Attributes = NO_MORE,
): Attributes {
  const { operation, provider, model, server } = names;
  let place = after(after(after(root, operation), provider), model);
  place = after(after(after(place, responseModel), server?.address), server?.port);
  for (const key in more) place = after(after(place, key), more[key]);
  if (place === undefined) return { ...madeOf(names, responseModel), ...more };
  return (place.labels ??= { ...madeOf(names, responseModel), ...more });
}

/** Where the tree goes on with a value; nowhere when it is full. */
function after(place: Place | undefined, value: unknown): Place | undefined {
  const known = place?.next.get(value);
  if (known !== undefined || place === undefined || places >= PLACES) return known;
  places += 1;
  const made: Place = { next: new Map() };
  place.next.set(value, made);
  return made;
}

const NO_MORE: Attributes = {};

function madeOf(names: CallNames, responseModel: string | undefined): Attributes {
  const { operation, provider, model, server } = names;
  const labels: Attributes = {
    [ATTRIBUTE.operation]: operation,
    [ATTRIBUTE.provider]: provider,
  };
  if (model !== undefined) labels[ATTRIBUTE.requestModel] = model;
  if (responseModel !== undefined) labels[ATTRIBUTE.responseModel] = responseModel;
  if (server !== undefined) {
    labels[ATTRIBUTE.serverAddress] = server.address;
    labels[ATTRIBUTE.serverPort] = server.port;
  }
  return labels;
}

/** Labels of the same call come as the same object: so do those with one more beside them. */
const beside = new WeakMap<Attributes, Map<string, Attributes>>();

/** Shared labels with one more, which has few values; shared as well. */
export function withLabel(labels: Attributes, key: string, value: string): Attributes {
  let made = beside.get(labels);
  if (made === undefined) {
    made = new Map();
    beside.set(labels, made);
  }
  const spelled = `${key}\0${value}`;
  const first = made.get(spelled);
  if (first !== undefined) return first;
  const more = { ...labels, [key]: value };
  made.set(spelled, more);
  return more;
}
