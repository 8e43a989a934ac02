import { quietly } from "../faults.ts";
import { fieldsOf, isFields, isMethod, type Method } from "../unknown.ts";

/** Observes the clients that an observed one makes from itself by `withOptions`, too. */
export function followOptions(client: object, observe: (made: object) => void): void {
  const { withOptions } = fieldsOf(client);
  if (!isMethod(withOptions) || Object.hasOwn(client, "withOptions")) return;
  const following: Method = function follow(...args) {
    const made = Reflect.apply(withOptions, this, args);
    if (isFields(made))
      quietly(() => {
        observe(made);
      });
    return made;
  };
  Object.defineProperty(client, "withOptions", {
    value: following,
    configurable: true,
    writable: true,
    enumerable: false,
  });
}
