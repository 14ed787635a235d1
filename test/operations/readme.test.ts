import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readConfiguration } from "../../src/configuration/read.ts";
import { startTestGateway } from "../support/gateway.ts";
import { adminKey, chatWith, startKeyDesk } from "../support/key-desk.ts";

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
  expect(pages).toHaveLength(11);
  await using box = await startTestGateway({
    yaml: 'admin: { key: "$' + '{OPERATOR}" }\n',
    options: { variables: { UP_KEY: "sk-up", OPERATOR: "sk-admin" } },
  });
  const paths = pages.map(([, , path]) => path);
  // One that is read and written refuses neither.
  const single = pages.filter(([, , path]) => paths.indexOf(path) === paths.lastIndexOf(path));
  for (const [, method = "", path = ""] of single) {
    const response = await fetch(`${box.gateway.url}${path.replace("NAME", "a").split("?")[0]}`, {
      method: method === "GET" ? "POST" : "GET",
      headers: { "x-signalbox-admin-key": "sk-admin" },
    });
    await response.text();
    expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, method]);
  }
});

const pages = ["README.md", "HEALTH.md", "LIMITS.md", "CACHE.md", "CLIENTS.md", "GATES.md"].map(
  (name) => readFileSync(`operations/${name}`, "utf8"),
);

test("the metrics that the pages name are those of the dashboard or of a scrape", async () => {
  await using box = await startTestGateway();
  const page = await (await fetch(`${box.gateway.url}/metrics`)).text();
  for (const [name] of pages.join("\n").matchAll(/signalbox_[a-z_]+/g)) {
    expect([name, page.includes(`# TYPE ${name} `)]).toEqual([name, true]);
  }
});

test("the lines about clients' keys do what they say, in their order", async () => {
  await using desk = await startKeyDesk({
    targets: "  claude: { provider: up, model: claude }",
  });
  const lines = (/```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? "").trim().split("\n");
  const [names = "", ...calls] = lines;
  const setting = names.replace("http://127.0.0.1:9797", desk.gateway.url);
  const run = async (line: string): Promise<Record<string, unknown>> => {
    const env = { ...process.env, SIGNALBOX_ADMIN: adminKey };
    const { stdout } = await promisify(execFile)("sh", ["-c", `${setting}\n${line}`], { env });
    return stdout === "" ? {} : JSON.parse(stdout);
  };
  const told = [];
  for (const line of calls) {
    const answer = await run(line);
    const { secret } = answer;
    const opens = typeof secret === "string" ? await chatWith(desk.gateway.url, secret) : null;
    told.push({ ...answer, opens });
  }
  expect(told).toMatchObject([
    {
      ...{ name: "app", user: "ann", team: "web", tier: "pro", policy: "main" },
      ...{ models: ["claude"], expires: "2027-02-21T10:00:00.000Z", opens: "200 main" },
    },
    { keys: [{ name: "app" }], next: null },
    { expires: "2027-02-01T00:00:00.000Z", attributes: { seats: 5 }, models: null },
    { oldSecretsUntil: ["2026-11-24T10:00:00.000Z"], opens: "200 main" },
    { state: "revoked" },
    { opens: null },
  ]);
  expect((await desk.admin("GET /admin/keys")).body.keys).toEqual([]);
});
