import type { Attributes } from "@opentelemetry/api";
import { ATTRIBUTE, type Operation } from "./conventions.ts";

/** What the metrics of a call are told apart by, before it is answered. */
export type CallNames = {
  readonly operation: Operation;
  readonly provider: string;
  readonly model?: string | undefined;
  readonly server?: { readonly address: string; readonly port: number } | undefined;
};

/** All labels so far, by what they say; an application needs far fewer. */
const known = new Map<string, Attributes>();
const KNOWN = 4096;

/**
 * Attributes of every metric of a call: one object for all calls that say the same, so that a meter
 * finds their series at once. What is returned is shared: it is never changed.
 *
 * @param more what the provider tells beside them
 */
export function labelsOf(
  names: CallNames,
  responseModel = "",
  more: Attributes = NO_MORE,
): Attributes {
  const { operation, provider, model = "", server } = names;
  let key = `${operation}\0${provider}\0${model}\0${responseModel}\0`;
  if (server !== undefined) key += `${server.address}\0${server.port}`;
  for (const name in more) key += `\0${name}\0${String(more[name])}`;
  const shared = known.get(key);
  if (shared !== undefined) return shared;
  const made = { ...madeOf(names, responseModel), ...more };
  if (known.size < KNOWN) known.set(key, made);
  return made;
}

const NO_MORE: Attributes = {};

function madeOf(names: CallNames, responseModel: string): Attributes {
  const { operation, provider, model, server } = names;
  const labels: Attributes = {
    [ATTRIBUTE.operation]: operation,
    [ATTRIBUTE.provider]: provider,
  };
  if (model !== undefined) labels[ATTRIBUTE.requestModel] = model;
  if (responseModel !== "") labels[ATTRIBUTE.responseModel] = responseModel;
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
