import { once } from "node:events";
import type { Server } from "node:http";

/** Opens a server on a free port of the loopback and returns the base of its addresses. */
export async function openOnLoopback(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

/** Closes a server with all that is connected to it. */
export async function closeAtOnce(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
