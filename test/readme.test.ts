import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mayImport } from "./support/rooms.ts";

const rooms = readFileSync("src/README.md", "utf8");

/** The edge table as src/README.md prints it. */
function roomTable(): string {
  const rows = Object.entries(mayImport).map(
    ([room, lower]) =>
      `| \`${room}\` | ${lower.length === 0 ? "–" : lower.map((name) => name.replace("src/", "")).join(", ")} |`,
  );
  return ["| room | may import |", "|---|---|", ...rows].join("\n");
}

test("src/README.md prints the edge table that the architecture test holds", () => {
  const printed = /<!-- rooms -->\n([\s\S]*?)\n?<!-- \/rooms -->/.exec(rooms)?.[1];
  expect(printed).toBe(roomTable());
});

test("src/README.md gives a reason for every dependency, and names no other", () => {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    dependencies: Record<string, string>;
  };
  const table = rooms.slice(rooms.indexOf("## Dependencies"), rooms.indexOf("Development:"));
  const named = [...table.matchAll(/^\| ([@a-z0-9/-]+) \|/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== "package");
  expect(named.toSorted()).toEqual(Object.keys(dependencies).toSorted());
});
