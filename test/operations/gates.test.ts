import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readConfiguration } from "../../src/configuration/read.ts";
import { parseFailIf } from "../../src/simulator/fail-if.ts";
import { gateFigures, unitWords } from "../../src/simulator/gate-figures.ts";
import { startTestGateway } from "../support/gateway.ts";

const bin = resolve("bin/signalbox.mjs");
const run = promisify(execFile);
const action = parse(readFileSync("actions/simulate/action.yml", "utf8")) as {
  readonly inputs: Readonly<Record<string, unknown>>;
};

describe("operations/GATES.md", () => {
  const page = readFileSync("operations/GATES.md", "utf8");

  test("names every figure as the help does", () => {
    const text = page.split("<!-- figures -->")[1]?.split("<!-- /figures -->")[0] ?? "";
    const rows = gateFigures.map(({ name, doc, units, needs }) => {
      const asks = needs.map((each) => `\`--${each}\``).join(", ");
      return `| \`${name}\` | ${doc} | ${units.map((unit) => unitWords[unit]).join(", ")} | ${asks} |`;
    });
    expect(text.trim().split("\n").slice(2)).toEqual(rows);
  });

  test("its command is one that runs", async () => {
    const [, line = ""] = /```sh\nnpx signalbox (.+)\n```/.exec(page) ?? [];
    const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, plain]) => quoted ?? plain ?? "",
    );
    const { code, stderr } = await run(process.execPath, [bin, ...args]).then(
      () => ({ code: 0, stderr: "" }),
      (error: { code: number; stderr: string }) => error,
    );
    expect([code, code === 0 || stderr.startsWith("failed: ")]).toEqual([expect.any(Number), true]);
    expect(code).toBeLessThan(2);
  });

  test("its configurations are legal, and its workflow names inputs that are there", () => {
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
    expect(blocks).toHaveLength(4);
    for (const text of blocks.filter((each) => !/^(on|repos):/.test(each))) {
      const environment = { variable: () => "sk-admin", file: () => undefined };
      const read = readConfiguration({ file: "signalbox.yaml", text }, environment);
      expect([text, read.diagnostics]).toEqual([text, []]);
    }
    const workflow = parse(blocks[0] ?? "") as {
      jobs: { policies: { steps: { uses: string; with: Record<string, string> }[] } };
    };
    const used = workflow.jobs.policies.steps.at(-1);
    expect(used?.uses).toContain("/actions/simulate@");
    for (const input of Object.keys(used?.with ?? {})) expect(action.inputs).toHaveProperty(input);
    for (const condition of used?.with["fail-if"]?.trim().split("\n") ?? [])
      expect(parseFailIf(condition, [])).toMatchObject({ ok: true });
    const { repos } = parse(blocks[1] ?? "") as { repos: { hooks: { id: string }[] }[] };
    const hooks = parse(readFileSync(".pre-commit-hooks.yaml", "utf8")) as { id: string }[];
    expect(repos[0]?.hooks).toEqual(hooks.map(({ id }) => ({ id })));
  });

  test("the requests that it names are there", async () => {
    await using box = await startTestGateway({
      yaml: 'admin: { key: "$' + '{OPERATOR}" }\n',
      options: { variables: { UP_KEY: "sk-up", OPERATOR: "sk-admin" } },
    });
    const named = [...page.matchAll(/^\| `(GET|POST) (\/admin\/\S+)`/gm)];
    expect(named).toHaveLength(3);
    for (const [, method = "", path = ""] of named) {
      const response = await fetch(`${box.gateway.url}${path}`, {
        method: method === "GET" ? "POST" : "GET",
        headers: { "x-signalbox-admin-key": "sk-admin" },
      });
      await response.text();
      expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, method]);
    }
  });
});
