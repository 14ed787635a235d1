import type { HeadRecipe } from "../upstream-head.ts";
import type { Differences } from "./differences.ts";

/** Where an OpenAI-compatible provider is asked, and how it is told the key. */
export function headRecipeOf(row: Pick<Differences, "basePath" | "auth">): HeadRecipe {
  return (basePath, key) => ({
    path: basePath === "" ? row.basePath : basePath,
    headers: key === null ? [] : [authHeader(row, key)],
  });
}

function authHeader({ auth }: Pick<Differences, "auth">, key: string): readonly [string, string] {
  return auth === "api-key" ? ["api-key", key] : ["authorization", `Bearer ${key}`];
}
