import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const read = (name: string): unknown =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, "../..", name), "utf8"));

test("every package that we ask for is named by one exact version", () => {
  const { dependencies, devDependencies } = read("package.json") as Record<
    string,
    Record<string, string>
  >;
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/.test(version),
  );
  expect(loose).toEqual([]);
});

test("every package of the lockfile comes from the registry, and is known by its digest", () => {
  const { packages } = read("package-lock.json") as {
    packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
  };
  const odd = Object.entries(packages).filter(
    ([name, { resolved = "https://registry.npmjs.org/", integrity = "", link }]) =>
      name !== "" &&
      link !== true &&
      (!/^https:\/\/registry\.npmjs\.org\//.test(resolved) || !/^sha512-/.test(integrity)),
  );
  expect(odd.map(([name]) => name)).toEqual([]);
});

test("what the gateway runs with starts no script when it is installed", () => {
  const { packages } = read("package-lock.json") as {
    packages: Record<string, { hasInstallScript?: boolean; dev?: boolean; devOptional?: boolean }>;
  };
  const scripted = Object.entries(packages)
    .filter(([, each]) => each.hasInstallScript === true && each.dev !== true)
    .filter(([, each]) => each.devOptional !== true)
    .map(([name]) => name);
  expect(scripted).toEqual([]);
});
