import { readJsonAttributes } from "./json-attributes.ts";
import type { JsonMessage } from "./json-message.ts";
import type { Origin } from "./records.ts";

/** What the three signals call their envelopes and records. */
export type JsonRequestNames = {
  readonly resources: string;
  readonly scopes: string;
  readonly records: string;
};

/** Reads one record. */
export type ReadJsonRecord = (record: JsonMessage, origin: Origin) => void;

/** Reads an Export…ServiceRequest: the three signals' requests are alike down to the records. */
export function readJsonRequest(
  request: JsonMessage,
  names: JsonRequestNames,
  readRecord: ReadJsonRecord,
): void {
  for (const resourced of request.messages(names.resources)) {
    admitEnvelope(resourced);
    const described = resourced.message("resource");
    const resource = described === undefined ? new Map() : readJsonAttributes(described);
    const schemaUrl = resourced.text("schemaUrl");
    for (const scoped of resourced.messages(names.scopes)) {
      admitEnvelope(scoped);
      const scope = scoped.message("scope");
      const origin: Origin = {
        resource,
        scopeName: scope?.text("name") ?? "",
        scopeVersion: scope?.text("version") ?? "",
        schemaUrl: scoped.text("schemaUrl") || schemaUrl,
      };
      for (const record of scoped.messages(names.records)) readRecord(record, origin);
    }
  }
}

function admitEnvelope(envelope: JsonMessage): void {
  if (envelope.tally.admitsEnvelope()) return;
  const { recordsPerRequest } = envelope.tally.limits;
  envelope.refuse(`is one too many: at most ${recordsPerRequest} resources and scopes a request`);
}
