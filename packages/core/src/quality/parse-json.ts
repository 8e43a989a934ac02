export type ParsedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

/** What a text says as JSON, if it is JSON from its first to its last character. */
export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    // Where and why it does not parse is not told further.
    return { ok: false };
  }
}
