import { type Call, modelOf } from "../model/call.ts";
import { cutLabel } from "./label-value.ts";
import type { Place } from "./series-table.ts";

// Not valid UTF-8, so no part of a key contains it.
const PART_END = "\udfff";

/** A place found before, and the table's generation when it was. */
export type Slot = Place & { readonly generation: number };

/** What calls of equal labels have in common: the labels, and where each measure is counted. */
export type CallShape = {
  readonly service: string;
  /** The values of the six labels that every GenAI series has, in their order. */
  readonly genAi: readonly string[];
  readonly model: string;
  readonly errorType: string;
  readonly toolName: string;
  readonly agentName: string;
  /** By the index of the measure. */
  readonly slots: (Slot | undefined)[];
  /** By finish reason, and by flag. */
  readonly finishSlots: Map<string, Slot>;
  readonly flagSlots: Map<string, Slot>;
};

type CallLabels = Pick<
  Call,
  | "service"
  | "environment"
  | "operation"
  | "provider"
  | "requestModel"
  | "responseModel"
  | "errorType"
  | "toolName"
  | "agentName"
>;

/** A call's labels without the rest of it, which would be kept with them. */
function labelsOf(call: Call): CallLabels {
  const { service, environment, operation, provider, requestModel, responseModel } = call;
  const { errorType, toolName, agentName } = call;
  return {
    service,
    operation,
    ...(environment !== undefined && { environment }),
    ...(provider !== undefined && { provider }),
    ...(requestModel !== undefined && { requestModel }),
    ...(responseModel !== undefined && { responseModel }),
    ...(errorType !== undefined && { errorType }),
    ...(toolName !== undefined && { toolName }),
    ...(agentName !== undefined && { agentName }),
  };
}

function hasSameLabels(call: Call, like: CallLabels): boolean {
  return (
    call.requestModel === like.requestModel &&
    call.service === like.service &&
    call.responseModel === like.responseModel &&
    call.operation === like.operation &&
    call.provider === like.provider &&
    call.environment === like.environment &&
    call.errorType === like.errorType &&
    call.toolName === like.toolName &&
    call.agentName === like.agentName
  );
}

/**
 * Calls by their labels. It is a cache and no state: what it forgets is found again in the table,
 * with the same result.
 */
export class CallShapes {
  readonly #labelLength: number;
  readonly #shapes = new Map<string, CallShape>();
  /** Those found last: comparing with some costs less than making a key. */
  readonly #latest: { readonly like: CallLabels; readonly shape: CallShape }[] = [];
  #nextLatest = 0;
  static readonly #COMPARED = 24;
  /** Bounds what a flood of label sets costs; far more than a working application has. */
  static readonly #KEPT = 8192;

  constructor(labelLength: number) {
    this.#labelLength = labelLength;
  }

  of(call: Call): CallShape {
    for (const { like, shape } of this.#latest) if (hasSameLabels(call, like)) return shape;
    const shape = this.#find(call);
    this.#latest[this.#nextLatest] = { like: labelsOf(call), shape };
    this.#nextLatest = (this.#nextLatest + 1) % CallShapes.#COMPARED;
    return shape;
  }

  #find(call: Call): CallShape {
    const key = this.#keyOf(call);
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    if (this.#shapes.size >= CallShapes.#KEPT) this.#shapes.clear();
    const shape = this.#make(call);
    this.#shapes.set(key, shape);
    return shape;
  }

  #keyOf(call: Call): string {
    return (
      this.#cut(call.service) +
      PART_END +
      this.#cut(call.environment) +
      PART_END +
      this.#cut(call.operation) +
      PART_END +
      this.#cut(call.provider) +
      PART_END +
      this.#cut(call.requestModel) +
      PART_END +
      this.#cut(call.responseModel) +
      PART_END +
      this.#cut(call.errorType) +
      PART_END +
      this.#cut(call.toolName) +
      PART_END +
      this.#cut(call.agentName)
    );
  }

  #make(call: Call): CallShape {
    const service = this.#cut(call.service);
    return {
      service,
      genAi: [
        service,
        this.#cut(call.environment),
        this.#cut(call.operation),
        this.#cut(call.provider),
        this.#cut(call.requestModel),
        this.#cut(call.responseModel),
      ],
      model: this.#cut(modelOf(call)),
      errorType: this.#cut(call.errorType),
      toolName: this.#cut(call.toolName),
      agentName: this.#cut(call.agentName),
      slots: [],
      finishSlots: new Map(),
      flagSlots: new Map(),
    };
  }

  // An absent label is an empty one.
  #cut(value = ""): string {
    return cutLabel(value, this.#labelLength);
  }
}
