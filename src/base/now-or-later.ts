/** Calls back once: with what was asked for, or with why there is none. */
export interface Told<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

type Said<T> = { readonly value: T } | { readonly error: unknown };

/** What `ask` tells before it returns, or throws that; where it tells nothing yet, a promise of it. */
export function nowOrLater<T>(ask: (told: Told<T>) => void): T | Promise<T> {
  const first: { said: Said<T> | null; later: Told<T> | null } = { said: null, later: null };
  ask({
    resolve(value) {
      if (first.later === null) first.said ??= { value };
      else first.later.resolve(value);
    },
    reject(error) {
      if (first.later === null) first.said ??= { error };
      else first.later.reject(error);
    },
  });
  const { said } = first;
  if (said === null)
    return new Promise((resolve, reject) => {
      first.later = { resolve, reject };
    });
  if ("error" in said) throw said.error;
  return said.value;
}
