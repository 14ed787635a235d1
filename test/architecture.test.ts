import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { mayImport } from "./support/rooms.ts";

const rooms = Object.keys(mayImport);
const roomOf = (path: string): string =>
  rooms.findLast((room) => path.startsWith(`${room}/`)) ?? path;
const sources = globSync(["src/**/*.ts", "grammar/**/*.ts"]).filter(
  (file) => file !== "src/index.ts",
);
const importsOf = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, to = ""]) =>
    join(dirname(file), to),
  );

const browserRooms = [
  "grammar",
  "src/base",
  "src/diagnostics",
  "src/protocol",
  "src/catalog",
  "src/facts",
  "src/language",
  "src/meaning",
];

test("each room is listed below every room that it may import", () => {
  for (const [room, lower] of Object.entries(mayImport)) {
    for (const other of lower) expect(rooms.indexOf(other), other).toBeGreaterThanOrEqual(0);
    for (const other of lower) expect(rooms.indexOf(other)).toBeLessThan(rooms.indexOf(room));
  }
});

test.each(sources)("%s keeps to its floor", (file) => {
  const room = roomOf(file);
  expect(rooms, `${file} stands in no room of the table`).toContain(room);
  const allowed = [room, ...(mayImport[room] ?? [])];
  expect(importsOf(file).filter((target) => !allowed.includes(roomOf(target)))).toEqual([]);
});

test.each(sources.filter((file) => browserRooms.some((room) => file.startsWith(`${room}/`))))(
  "%s reaches nothing of Node",
  (file) => {
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      const text = readFileSync(path, "utf8");
      expect(
        [...text.matchAll(/from "(node:[^"]+|undici|pino|chokidar)"/g)].map(
          ([, name]) => `${path}: ${name}`,
        ),
      ).toEqual([]);
      expect(
        [...text.matchAll(/\b(?:Buffer|process)\.[a-z]/g)].map(([use]) => `${path}: ${use}`),
      ).toEqual([]);
      for (const next of importsOf(path)) visit(next);
    };
    visit(file);
  },
);

test("shared code names no provider", () => {
  const shared = sources.filter(
    (file) =>
      !/src\/(runtime\/(providers|servers)|stand-in|configuration|catalog|cli|bench)\//.test(file),
  );
  for (const file of shared) {
    const code = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    expect(
      code.match(/["'`](?:openai|anthropic|mistral|deepseek|qwen|openrouter|vllm|ollama)["'`]/gi),
      file,
    ).toBeNull();
  }
});
