/**
 * What is made where a variable of the environment is not set. The providers' clients add headers that
 * stand in one (`OPENAI_CUSTOM_HEADERS`), and have no option against it: they were meant for somebody
 * else's endpoint, and may hold what identifies him there. `make` is over before anybody else reads.
 */
export function withoutVariable<T>(name: string, make: () => T): T {
  const value = process.env[name];
  if (value === undefined) return make();
  Reflect.deleteProperty(process.env, name);
  try {
    return make();
  } finally {
    process.env[name] = value;
  }
}
