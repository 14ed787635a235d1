import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mapWords } from "../../src/simulator/column-map.ts";
import { logFormatDocs } from "../../src/simulator/log-format.ts";
import { signalbox } from "../support/command.ts";

const page = readFileSync("operations/LOGS.md", "utf8");

/** Rows of the table between two marks: a name in the first cell, and the second. */
function tableOf(mark: string): [string, string][] {
  const text = page.split(`<!-- ${mark} -->`)[1]?.split(`<!-- /${mark} -->`)[0] ?? "";
  return [...text.matchAll(/^\| `([^`]+)` \| (.+?) \|/gm)].map(([, name = "", what = ""]) => [
    name,
    what,
  ]);
}

test("the page names every format and every word of a map, as help does", () => {
  expect(tableOf("formats")).toEqual(Object.entries(logFormatDocs));
  expect(tableOf("words")).toEqual(Object.entries(mapWords));
});

test("the line that it begins with says what it promises", async () => {
  const [line = ""] = /```sh\nnpx signalbox (.+)\n```/.exec(page)?.slice(1) ?? [];
  const { code, stdout } = await signalbox(line.split(" "));
  expect(code).toBe(0);
  expect(stdout).toContain("2,000 requests: chat (2,000)");
  expect(stdout).toContain("The log tells every fact that the policy rests on.");
});
