// Hooks for versions of Node that have them in a thread of their own (before 22.15).
import { announcement } from "./module-entries.ts";

type Loaded = {
  readonly format: string | null | undefined;
  readonly source?: string | ArrayBuffer | NodeJS.TypedArray | undefined;
};

/** Appends the announcement to the entries of observed packages. */
export async function load(
  url: string,
  context: object,
  nextLoad: (url: string, context: object) => Promise<Loaded>,
): Promise<Loaded> {
  const loaded = await nextLoad(url, context);
  const appended = announcement(url, loaded.format);
  if (appended === undefined) return loaded;
  return { ...loaded, source: withAnnouncement(loaded.source, appended) };
}

/** A file's text with the announcement at its end. */
export function withAnnouncement(source: Loaded["source"], appended: string): string {
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  return text + appended;
}
