/** How often our own code failed since the process began; shown by `Running.counts`. */
let faults = 0;

export function faultCount(): number {
  return faults;
}

/**
 * Runs our own code so that its failure never reaches the application: it is counted, and the call
 * goes on as if it were not observed. Errors are swallowed here and in `quietlyLater`, nowhere else.
 */
export function quietly<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    faults += 1;
    return undefined;
  }
}

/** The same of what ends later: a rejection that nobody handles would end the application. */
export async function quietlyLater<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch {
    faults += 1;
    return undefined;
  }
}
