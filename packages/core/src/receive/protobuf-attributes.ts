import type { AttributeValue } from "./records.ts";
import type { WireReader } from "./wire-reader.ts";

/** Takes the KeyValue that the current field holds into a record's attributes. */
export function readAttribute(reader: WireReader, into: Map<string, AttributeValue>): void {
  if (reader.tally.admitsAttribute(into.size)) readEntry(reader, into, 1);
  else reader.skip();
}

/**
 * Reads the AnyValue that the current field holds; a value that is unset, or of a kind that OTLP
 * did not have when this was written, is null.
 *
 * @param depth how deep the value stands: 1 is an attribute's own value
 */
export function readValue(reader: WireReader, depth: number): AttributeValue {
  const outer = reader.enter();
  let value: AttributeValue = null;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        value = reader.text();
        break;
      case 2:
        value = reader.bool();
        break;
      case 3:
        value = reader.int64();
        break;
      case 4:
        value = reader.double();
        break;
      case 5:
        value = readList(reader, depth);
        break;
      case 6:
        value = readMap(reader, depth);
        break;
      case 7:
        value = reader.content();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return value;
}

function readEntry(reader: WireReader, into: Map<string, AttributeValue>, depth: number): void {
  const outer = reader.enter();
  let key = "";
  let value: AttributeValue = null;
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) value = readValue(reader, depth);
    else reader.skip();
  }
  reader.leave(outer);
  into.set(key, value);
}

function readList(reader: WireReader, depth: number): AttributeValue {
  const outer = reader.enter();
  if (!reader.tally.admitsDepth(depth)) {
    reader.leave(outer);
    return null;
  }
  const list: AttributeValue[] = [];
  while (reader.next()) {
    if (reader.field === 1 && reader.tally.admitsEntry(list.length)) {
      list.push(readValue(reader, depth + 1));
    } else {
      reader.skip();
    }
  }
  reader.leave(outer);
  return list;
}

function readMap(reader: WireReader, depth: number): AttributeValue {
  const outer = reader.enter();
  if (!reader.tally.admitsDepth(depth)) {
    reader.leave(outer);
    return null;
  }
  const map = new Map<string, AttributeValue>();
  while (reader.next()) {
    if (reader.field === 1 && reader.tally.admitsEntry(map.size)) {
      readEntry(reader, map, depth + 1);
    } else {
      reader.skip();
    }
  }
  reader.leave(outer);
  return map;
}
