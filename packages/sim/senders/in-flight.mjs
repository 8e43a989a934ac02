// What applications do to calls that are on their way.

/** A controller that calls off what it is given to before a silent server would answer. */
export function abortSoon() {
  const controller = new AbortController();
  setTimeout(() => {
    controller.abort();
  }, 40);
  return controller;
}

/** Lets the garbage collector find what nobody holds. */
export async function collect() {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
    globalThis.gc();
  }
}
