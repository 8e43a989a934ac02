/**
 * Bytes that are not what the schema says. It knows the byte and the field; `refusal` finds the
 * path to it afterwards, so that reading good bytes pays nothing for error messages.
 */
export class WireFault extends Error {
  override readonly name = "WireFault";
  /** Where the field's tag begins, from the start of the request. */
  readonly offset: number;
  /** 0 where the tag itself is at fault. */
  readonly field: number;

  constructor(offset: number, field: number, reason: string) {
    super(reason);
    this.offset = offset;
    this.field = field;
  }
}
