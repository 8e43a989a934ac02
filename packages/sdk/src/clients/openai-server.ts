import { settings } from "../settings.ts";
import { type Fields, textOf } from "../unknown.ts";
import {
  clientOf,
  type Destination,
  destinationOf as destinationAt,
  isAt,
  serverOf,
} from "./server.ts";

/** Hosts whose chat streams tell their usage when they are asked; others may refuse the question. */
const TELL_USAGE: readonly string[] = [
  "openai.com",
  "deepseek.com",
  "groq.com",
  "openrouter.ai",
  "together.xyz",
  "fireworks.ai",
  "x.ai",
];

/** Azure's versions by date: since this one its streams understand the question. */
const AZURE_TELLS_SINCE = "2024-09-01";

/** The provider by the host; the client's own name where the host is none that is known. */
export function destinationOf(part: unknown): Destination {
  return destinationAt(part, "openai");
}

/** Whether a chat stream may be asked for its usage. */
export function mayAskUsage(part: unknown, body: Fields): boolean {
  const { includeUsage } = settings();
  if (includeUsage !== "known") return includeUsage === "always";
  const client = clientOf(part);
  const address = serverOf(client["baseURL"])?.address ?? "";
  const version = textOf(client["apiVersion"]);
  if (isAt(address, "openai.azure.com")) {
    // Azure refuses the question beside data sources of its own.
    return (version ?? "") >= AZURE_TELLS_SINCE && body["data_sources"] === undefined;
  }
  return TELL_USAGE.some((host) => isAt(address, host));
}
