import { quietly } from "../faults.ts";
import { isFields } from "../unknown.ts";
import { replaceMethod } from "./replace-method.ts";

/** Observes the clients that an observed one makes from itself by `withOptions`, too. */
export function followOptions(client: object, observe: (made: object) => void): void {
  replaceMethod(
    client,
    "withOptions",
    (original) =>
      function follow(...args) {
        const made = Reflect.apply(original, this, args);
        quietly(() => {
          if (isFields(made)) observe(made);
        });
        return made;
      },
  );
}
