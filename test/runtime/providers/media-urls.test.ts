import fc from "fast-check";
import { expect, test } from "vitest";
import { forbiddenUrl, mayBeFetched } from "../../../src/runtime/providers/media-urls.ts";

test.each([
  "https://example.com/cat.png",
  "http://example.com:8080/a?b=c#d",
  "https://1.1.1.1/x",
  "https://[2606:4700::1111]/x",
  "data:image/png;base64,AAAA",
  "DATA:image/png;base64,AAAA",
])("%s may be fetched", (address) => {
  expect(mayBeFetched(address, "public")).toBe(true);
});

const attacks = [
  "http://127.0.0.1/",
  "http://127.1/",
  "http://2130706433/",
  "http://0x7f000001/",
  "http://0177.0.0.1/",
  "http://①②⑦.0.0.1/",
  "http://%31%32%37.0.0.1/",
  "http://[::1]/",
  "http://[::ffff:7f00:1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[64:ff9b::a9fe:a9fe]/",
  "http://[2002:7f00:1::]/",
  "http://[fd00::1]/",
  "http://localhost/",
  "http://localhost./",
  "http://a.localhost:3000/",
  "http://metadata.google.internal/computeMetadata/v1/",
  "http://redis:6379/",
  "http://printer.local/",
  "http://user@169.254.169.254/latest/meta-data/",
  "http://example.com@169.254.169.254/",
  "http://example.com\\@127.0.0.1/",
  "http:\\\\127.0.0.1/",
  "http:127.0.0.1/",
  " http://127.0.0.1/",
  "http://127.0.0.1\t/",
  "ht\ntp://127.0.0.1/",
  "//127.0.0.1/",
  "http://10.0.0.8:8000/v1",
  "http://100.64.0.1/",
  "http://169.254.169.254/",
  "http://0/",
  "file:///etc/passwd",
  "/etc/passwd",
  "gopher://127.0.0.1:6379/_FLUSHALL",
  "ftp://example.com/x",
  "unix:/var/run/docker.sock",
  "s3://bucket/key",
  "http://192.168.1.1/admin",
];
test.each(attacks)("%s may not", (address) => {
  expect(mayBeFetched(address, "public")).toBe(false);
});

test("where none may be, bytes in the address itself still may", () => {
  expect(mayBeFetched("https://example.com/cat.png", "none")).toBe(false);
  expect(mayBeFetched("data:image/png;base64,AAAA", "none")).toBe(true);
});

const inside = "http://169.254.169.254/latest";
const wires: readonly (readonly [string, object, string])[] = [
  [
    "chat",
    { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: inside } }] }] },
    "messages[0].content[0].image_url.url",
  ],
  [
    "chat of vLLM",
    { messages: [{ role: "user", content: [{ type: "video_url", video_url: { url: inside } }] }] },
    "messages[0].content[0].video_url.url",
  ],
  [
    "chat in short",
    { messages: [{ role: "user", content: [{ type: "image_url", image_url: inside }] }] },
    "messages[0].content[0].image_url",
  ],
  [
    "responses",
    { input: [{ role: "user", content: [{ type: "input_file", file_url: inside }] }] },
    "input[0].content[0].file_url",
  ],
  [
    "messages, in the result of a tool",
    {
      messages: [
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              content: [{ type: "image", source: { type: "url", url: inside } }],
            },
          ],
        },
      ],
    },
    "messages[0].content[0].content[0].source.url",
  ],
  [
    "generate",
    { contents: [{ parts: [{ fileData: { fileUri: inside } }] }] },
    "contents[0].parts[0].fileData.fileUri",
  ],
  ["images", { prompt: "x", image: ["data:image/png;base64,AA", inside] }, "image[1]"],
  ["images by addresses", { prompt: "x", image_urls: [inside] }, "image_urls[0]"],
  ["a server of tools", { tools: [{ type: "mcp", server_url: inside }] }, "tools[0].server_url"],
];
test.each(wires)("%s: the place of an address inside is told", (_name, body, place) => {
  expect(forbiddenUrl(body, "public")).toBe(place);
});

test.each<[string, object]>([
  ["text that speaks of one", { messages: [{ role: "user", content: `see ${inside}` }] }],
  ["a text part", { messages: [{ content: [{ type: "text", text: inside }] }] }],
  ["a call of a tool", { messages: [{ content: [{ type: "tool_use", input: { url: inside } }] }] }],
  ["a call of Gemini's", { contents: [{ parts: [{ functionCall: { args: { url: inside } } }] }] }],
  [
    "the schema of a tool",
    {
      tools: [
        { function: { parameters: { properties: { url: { default: inside } }, url: inside } } },
      ],
    },
  ],
  ["bytes where an address can stand", { image_url: "iVBOR".repeat(20), image: "/9j/4AAQ" }],
  [
    "the id of a file",
    { messages: [{ content: [{ type: "file", file: { file_id: "file-1" } }] }] },
  ],
])("%s is no address to fetch", (_name, body) => {
  expect(forbiddenUrl(body, "public")).toBeNull();
});

test("property: an address inside is found at every depth, wherever lists and maps hide it", () => {
  const key = fc.constantFrom("a", "content", "parts", "file", "source", "0", "__proto__x");
  const steps = fc.array(fc.oneof(key, fc.nat(3)), { maxLength: 20 });
  const attack = fc.constantFrom(...attacks);
  const last = fc.constantFrom("url", "image_url", "video_url", "fileUri", "file_uri", "imageUrl");
  fc.assert(
    fc.property(steps, attack, last, (path, address, name) => {
      const body = path.reduceRight<unknown>(
        (inner, step) =>
          typeof step === "number"
            ? [...Array<unknown>(step).fill({}), inner]
            : { x: 1, [step]: inner },
        { [name]: address },
      );
      expect(forbiddenUrl(body, "public")).toMatch(new RegExp(`${name}$`));
    }),
  );
});
