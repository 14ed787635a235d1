import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";
import { startTestGateway } from "../support/gateway.ts";

const readme = readFileSync("operations/README.md", "utf8");

test("operations/README.md is short enough to be read at night", () => {
  expect(readme.split("\n").length).toBeLessThanOrEqual(121);
});

test("the configuration that it shows is legal", () => {
  const text = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const environment = { variable: () => "sk-admin", file: () => undefined };
  const read = readConfiguration({ file: "signalbox.yaml", text }, environment);
  expect(read.diagnostics).toEqual([]);
  expect(read.configuration?.telemetry.decisionLogRotation).toEqual({
    maxBytes: 104_857_600,
    keep: 10,
  });
});

test("every page of the operator's that it names is there", async () => {
  const pages = [...readme.matchAll(/^\| `(GET|POST) (\/admin\/\S+)`/gm)];
  expect(pages).toHaveLength(7);
  await using box = await startTestGateway({
    yaml: 'admin: { key: "$' + '{OPERATOR}" }\n',
    options: { variables: { UP_KEY: "sk-up", OPERATOR: "sk-admin" } },
  });
  for (const [, method = "", path = ""] of pages) {
    const response = await fetch(`${box.gateway.url}${path.replace("NAME", "a")}`, {
      method: method === "GET" ? "POST" : "GET",
      headers: { "x-signalbox-admin-key": "sk-admin" },
    });
    await response.text();
    expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, method]);
  }
});

test("the metrics that it names are those of the dashboard or of a scrape", async () => {
  await using box = await startTestGateway();
  const page = await (await fetch(`${box.gateway.url}/metrics`)).text();
  for (const [name] of readme.matchAll(/signalbox_[a-z_]+/g)) {
    expect([name, page.includes(`# TYPE ${name} `)]).toEqual([name, true]);
  }
});
