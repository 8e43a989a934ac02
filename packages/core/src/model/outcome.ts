/**
 * What the world answered. A port resolves to this and does not throw; `retry` says whether trying
 * again can help (a 503 can, a 401 cannot). `reason` is shown to people.
 */
export type Outcome =
  { readonly ok: true } | { readonly ok: false; readonly retry: boolean; readonly reason: string };
