import { readAttribute } from "./protobuf-attributes.ts";
import type { AttributeValue, Origin } from "./records.ts";
import type { WireReader } from "./wire-reader.ts";

/** Reads the record that the current field holds. */
export type ReadRecord = (reader: WireReader, origin: Origin) => void;

/**
 * Fields may come in any order, a resource after its records: records point to their origin, and
 * what is learned later is filled in until the envelope ends.
 */
type OpenOrigin = { -readonly [K in keyof Origin]: Origin[K] };

/** Reads an Export…ServiceRequest: the three signals' requests are alike down to the records. */
export function readRequest(reader: WireReader, readRecord: ReadRecord): void {
  while (reader.next()) {
    if (reader.field === 1) readResourceRecords(reader, readRecord);
    else reader.skip();
  }
}

function readResourceRecords(reader: WireReader, readRecord: ReadRecord): void {
  const outer = openEnvelope(reader);
  const resource = new Map<string, AttributeValue>();
  const origins: OpenOrigin[] = [];
  let schemaUrl = "";
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        readResource(reader, resource);
        break;
      case 2: {
        const origin = { resource, scopeName: "", scopeVersion: "", schemaUrl: "" };
        origins.push(origin);
        readScopeRecords(reader, origin, readRecord);
        break;
      }
      case 3:
        schemaUrl = reader.text();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  for (const origin of origins) origin.schemaUrl ||= schemaUrl;
}

function readScopeRecords(reader: WireReader, origin: OpenOrigin, readRecord: ReadRecord): void {
  const outer = openEnvelope(reader);
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        readScope(reader, origin);
        break;
      case 2:
        readRecord(reader, origin);
        break;
      case 3:
        origin.schemaUrl = reader.text();
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
}

function openEnvelope(reader: WireReader): number {
  if (!reader.tally.admitsEnvelope()) {
    const { recordsPerRequest } = reader.tally.limits;
    reader.fault(`is one too many: at most ${recordsPerRequest} resources and scopes a request`);
  }
  return reader.enter();
}

function readResource(reader: WireReader, attributes: Map<string, AttributeValue>): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) readAttribute(reader, attributes);
    else reader.skip();
  }
  reader.leave(outer);
}

function readScope(reader: WireReader, origin: OpenOrigin): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) origin.scopeName = reader.text();
    else if (reader.field === 2) origin.scopeVersion = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
}
