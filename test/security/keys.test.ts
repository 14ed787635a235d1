import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

const good = "sk-alice-0123456789abcdef";
const other = "sk-bob-0123456789abcdef";
let box: TestGateway;
beforeAll(async () => {
  box = await startTestGateway({
    yaml: `keys:
  alice: { key: "\${ALICE}" }
  bob: { key: "\${BOB}" }
admin: { key: "\${ADMIN}" }
`,
    options: { variables: { UP_KEY: "u", ALICE: good, BOB: other, ADMIN: "sk-admin-9876543210" } },
  });
});
afterAll(() => box[Symbol.asyncDispose]());

/** The status of a request with these header lines. */
function status(lines: readonly string[], path = "/v1/models"): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = connect(Number(new URL(box.gateway.url).port), "127.0.0.1");
  let received = "";
  socket.on("data", (bytes) => {
    received += bytes.toString("latin1");
  });
  socket.on("error", () => {});
  socket.on("close", () => resolve(Number(received.split(" ")[1])));
  socket.write(
    Buffer.from(
      [`GET ${path} HTTP/1.1`, "host: localhost", "connection: close", ...lines, "", ""].join(
        "\r\n",
      ),
      "latin1",
    ),
  );
  return promise;
}

test.each<[string, readonly string[], number]>([
  ["a right key", [`authorization: Bearer ${good}`], 200],
  ["the scheme in small letters", [`authorization: bearer ${good}`], 200],
  ["the same key in two headers", [`authorization: Bearer ${good}`, `x-api-key: ${good}`], 200],
  ["two right keys of two clients", [`authorization: Bearer ${good}`, `x-api-key: ${other}`], 401],
  ["a right key beside a wrong one", ["authorization: Bearer no", `x-api-key: ${good}`], 401],
  ["a right key beside another scheme", ["authorization: Basic YTpi", `x-api-key: ${good}`], 401],
  ["one header with two keys", [`x-api-key: ${good}`, `x-api-key: ${other}`], 401],
  [
    "two headers of one key",
    [`authorization: Bearer ${good}`, `authorization: Bearer ${good}`],
    400,
  ],
  ["the scheme twice", [`authorization: Bearer Bearer ${good}`], 401],
  ["a tab after the scheme", [`authorization: Bearer\t${good}`], 401],
  ["no scheme", [`authorization: ${good}`], 401],
  ["nothing behind the scheme", ["authorization: Bearer "], 401],
  ["an empty header beside a right key", ["authorization: ", `x-api-key: ${good}`], 200],
  ["a twin of twenty letters", [`authorization: Bearer ${good.slice(0, 20)}`], 401],
  ["a longer twin", [`authorization: Bearer ${good}x`], 401],
  ["letters beyond ASCII", ["authorization: Bearer \xe4\xf6\xfc"], 401],
  ["words of a database", ["authorization: Bearer ' OR 1=1 --"], 401],
  ["the admin's key", ["authorization: Bearer sk-admin-9876543210"], 401],
  ["a key of a mebibyte", [`authorization: Bearer ${"x".repeat(1 << 20)}`], 431],
])("%s", async (_name, lines, expected) => {
  expect(await status(lines)).toBe(expected);
});

test.each<[string, string, number]>([
  ["in the address", `/v1/models?key=${good}`, 200],
  ["twice in the address", `/v1/models?key=${good}&key=${other}`, 401],
  ["empty in the address", "/v1/models?key=", 401],
])("a key %s", async (_name, path, expected) => {
  expect(await status([], path)).toBe(expected);
});

test("a key in the address that differs from the one in a header opens nothing", async () => {
  expect(await status([`x-goog-api-key: ${good}`], `/v1/models?key=${other}`)).toBe(401);
});

test("a flood of wrong keys fills no log, is counted in one place, and keeps nobody else out", async () => {
  const before = box.logged.length;
  const ask = (key: string): Promise<number> =>
    fetch(`${box.gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
    );
  for (let round = 0; round < 20; round += 1) {
    const wrong = Array.from({ length: 50 }, (_, at) => ask(`sk-wrong-${round}-${at}`));
    const right = ask(good);
    expect(new Set(await Promise.all(wrong))).toEqual(new Set([401]));
    expect(await right).toBe(200);
  }
  expect(box.logged.length).toBe(before);
  const text = await (await fetch(`${box.gateway.url}/metrics`)).text();
  expect(text).not.toContain("sk-wrong");
  expect(text.match(/^signalbox_refusals_total\{status="401"\}/gm)).toHaveLength(1);
});
