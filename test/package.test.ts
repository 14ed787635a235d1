import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";

let shipped: readonly string[] = [];
beforeAll(async () => {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout } = await promisify(execFile)("npm", args, { maxBuffer: 1 << 26 });
  const [packed] = Object.values(JSON.parse(stdout) as { files: { path: string }[] }[]);
  shipped = packed?.files.map(({ path }) => path) ?? [];
});

const pages = (): readonly string[] => shipped.filter((path) => path.endsWith(".md"));

/** Where a page's own links lead: paths in the package, with what stands behind `#`. */
function linksOf(page: string): readonly { readonly path: string; readonly part: string }[] {
  const text = readFileSync(page, "utf8").replace(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = "", part = ""] = link.split("#");
      return { path: path === "" ? page : join(dirname(page), path), part };
    });
}

/** What GitHub calls a page's headings in links. */
function partsOf(page: string): readonly string[] {
  return [...readFileSync(page, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the package", () => {
  test("holds what its pages link to: every file, folder and part", () => {
    const links = pages().flatMap((page) => linksOf(page).map((link) => ({ page, ...link })));
    expect(links.length).toBeGreaterThan(30);
    const dead = links.filter(({ path, part }) => {
      const folder = path.endsWith("/") ? path : `${path}/`;
      if (shipped.some((file) => file.startsWith(folder))) return false;
      return !shipped.includes(path) || (part !== "" && !partsOf(path).includes(part));
    });
    expect(dead).toEqual([]);
  });

  test.each([
    ["the schema for editors", "schemas/signalbox.schema.json"],
    ["the action", "actions/simulate/action.yml"],
    ["its script, for other CIs", "actions/simulate/gate.sh"],
    ["the hooks for pre-commit", ".pre-commit-hooks.yaml"],
    ["the list prices", "src/catalog/models.json"],
    ["the example policies", "policies/hybrid.policy"],
    ["a log to try them on", "policies/traffic.sample.jsonl"],
  ])("holds %s", (_, path) => {
    expect(shipped).toContain(path);
  });

  test("holds no sources, which the command would run in place of the build, and no tests", () => {
    expect(shipped.filter((path) => /^(src|test|scripts)\/.*\.ts$/.test(path))).toEqual([]);
  });
});
