/**
 * The share that was set for a service or a rubric; `undefined` where it has none of its own. Names of
 * services are whatever senders call themselves: `constructor`, which every object has, is no share.
 */
export function ownShare(
  shares: Readonly<Record<string, number>>,
  name: string,
): number | undefined {
  return Object.hasOwn(shares, name) ? shares[name] : undefined;
}
