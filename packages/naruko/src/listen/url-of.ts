/** Where a client on this machine finds a port. */
export function urlOf(host: string, port: number, isSecure = false): string {
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const name = shown.includes(":") ? `[${shown}]` : shown;
  return `${isSecure ? "https" : "http"}://${name}:${port}`;
}
