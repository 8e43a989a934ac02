import { InputError, type InputKind } from "../model/input-error.ts";
import type { MessageShape } from "./message-shapes.ts";
import type { WireFault } from "./wire-fault.ts";
import { LENGTH_DELIMITED, type WireReader } from "./wire-reader.ts";

/**
 * The error for a fault: the path of the message, the field, what is wrong, and the byte.
 *
 * @param reader a fresh reader of the same bytes
 */
export function refusal(
  fault: WireFault,
  reader: WireReader,
  shape: MessageShape,
  kind: InputKind = "otlp",
): InputError {
  const { path, message } = locate(fault.offset, reader, shape);
  const where = path === "" ? "" : `${path}: `;
  const name = message[fault.field]?.name;
  const field = name === undefined ? `field ${fault.field} ` : `field ${fault.field} (${name}) `;
  const what = fault.field === 0 ? "" : field;
  const text = `${where}${what}${fault.message}, at byte ${fault.offset}`;
  return new InputError(kind, text, undefined, fault);
}

/** Walks down to the message whose field begins at `offset`; all before it was read without fault. */
function locate(
  offset: number,
  reader: WireReader,
  root: MessageShape,
): { readonly path: string; readonly message: MessageShape } {
  const path: string[] = [];
  let message = root;
  let seen = new Map<number, number>();
  while (reader.at < offset && reader.next()) {
    const index = seen.get(reader.field) ?? 0;
    seen.set(reader.field, index + 1);
    const field = message[reader.field];
    if (reader.wire !== LENGTH_DELIMITED) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    if (reader.end <= offset || field?.of === undefined) {
      reader.leave(outer);
      continue;
    }
    path.push(camelCase(field.name) + (field.repeated ? `[${index}]` : ""));
    message = field.of();
    seen = new Map();
  }
  return { path: path.join("."), message };
}

/** `start_time_unix_nano` → `startTimeUnixNano`: paths are written as OTLP/JSON writes them. */
function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
