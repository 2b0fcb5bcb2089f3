// Values that are in memory nearly always, and otherwise have to be waited for.
// Tested in test/plugins/oauth/grants/reading.test.ts.

/** Goes on at once where the value is there already: every call would wait for a promise otherwise. */
export const after = <T, R>(value: T | Promise<T>, use: (value: T) => R | Promise<R>): R | Promise<R> =>
  value instanceof Promise ? value.then(use) : use(value)
