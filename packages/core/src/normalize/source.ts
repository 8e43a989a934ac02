import { cutTo } from "./attributes.ts";
import type { AttributeValue, Attributes } from "../receive/records.ts";

/** Who a record comes from, read once for all records of a resource. */
export type Source = {
  /** `unknown_service` where the resource has no name. */
  readonly service: string;
  readonly version?: string;
  readonly environment?: string;
  /** Prometheus' `job`: namespace and name; absent where the resource has no name. */
  readonly job?: string;
  /** Prometheus' `instance`. */
  readonly instance?: string;
};

/** Reads a resource's identity; values longer than a label may be are cut. */
function sourceOf(resource: Attributes, labelLength: number): Source {
  const name = textAt(resource, "service.name", labelLength);
  const namespace = textAt(resource, "service.namespace", labelLength);
  const version = textAt(resource, "service.version", labelLength);
  const instance = textAt(resource, "service.instance.id", labelLength);
  const environment =
    textAt(resource, "deployment.environment.name", labelLength) ??
    textAt(resource, "deployment.environment", labelLength);
  return {
    service: name ?? "unknown_service",
    ...(version !== undefined && { version }),
    ...(environment !== undefined && { environment }),
    ...(name !== undefined && { job: namespace === undefined ? name : `${namespace}/${name}` }),
    ...(instance !== undefined && { instance }),
  };
}

/** `sourceOf` for many records: neighbours nearly always share their resource. */
export function perResource(labelLength: number): (resource: Attributes) => Source {
  let last: Attributes | undefined;
  let source: Source = { service: "unknown_service" };
  return (resource) => {
    if (resource !== last) {
      last = resource;
      source = sourceOf(resource, labelLength);
    }
    return source;
  };
}

function textAt(resource: Attributes, key: string, labelLength: number): string | undefined {
  const value: AttributeValue | undefined = resource.get(key);
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? cutTo(value, labelLength) : undefined;
}
