import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-conditions-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("check finds a condition before a reload that no gateway would take, at its place", async () => {
  const sample = readFileSync("policies/signalbox.yaml", "utf8");
  const reload =
    'reload: { replay: { fail-if: ["cost.detla > 5%", "failed > 1%", "changed > 5%"] } }\n';
  writeFileSync(join(folder, "signalbox.yaml"), reload + sample);
  writeFileSync(join(folder, "main.policy"), "otherwise claude\n");
  writeFileSync(join(folder, "other.policy"), "otherwise claude\n");
  const { code, stdout } = await signalbox(["check", ".", "--json"], { cwd: folder });
  expect(code).toBe(1);
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; severity: string; message: string; range: { start: object } }[];
  };
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ code: of, message, range }) => [of, message, range.start])).toEqual([
    [
      "C0106",
      "`cost.detla` is no figure of a report; did you mean `cost.delta`?",
      { line: 1, column: 31 },
    ],
    [
      "C0106",
      "`failed` is told by carrying requests out, and here they are only decided: add `carry-out: true`",
      { line: 1, column: 50 },
    ],
  ]);
});

test("serve does not start with one, and says which", async () => {
  const { code, stderr } = await signalbox(["serve", "--stand-ins", "--port", "0"], {
    cwd: folder,
  });
  expect(code).toBe(1);
  expect(stderr).toContain("reload.replay: `cost.detla` is no figure of a report");
});
