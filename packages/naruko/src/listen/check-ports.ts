import { createServer } from "node:net";
import type { Config } from "../config/config.ts";

/**
 * Opens the ports for a moment: whoever has long work to do before it listens asks first.
 *
 * @throws the system's error (EADDRINUSE …) when one cannot be opened
 */
export async function checkPorts({
  host,
  port,
  otlp_http_port,
  otlp_grpc_port,
}: Config["listen"]): Promise<void> {
  for (const one of [port, otlp_http_port, otlp_grpc_port]) {
    if (one === false) continue;
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(one, host, resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  }
}
