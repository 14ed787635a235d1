import fc from "fast-check";
import { expect, test } from "vitest";
import { eachText } from "../../src/extract/body-facts.ts";
import { adapterFor } from "../../src/runtime/providers/adapters.ts";
import { provider, target } from "../runtime/providers/support.ts";
import { wires } from "./wires.ts";

const parameter = fc.constantFrom(
  ...["charset=utf-8", " charset=UTF-16", "charset=latin1", "charset=klingon", 'name="a,b"', "x"],
);
const torn = fc.constantFrom("", "*", " ", "\n", "%3D", "%", "=", "é");

test("whatever of a file is sent in clear is looked at, however its head and its bytes are written", () => {
  const parts = fc.record({
    parameters: fc.array(parameter, { maxLength: 3 }),
    pieces: fc.array(fc.tuple(fc.string({ unit: "grapheme" }), torn), {
      minLength: 1,
      maxLength: 5,
    }),
    isWide: fc.boolean(),
  });
  let clear = 0;
  fc.assert(
    fc.property(parts, ({ parameters, pieces, isWide }) => {
      const data = pieces.map(([text, stray]) => {
        return Buffer.from(text, isWide ? "utf16le" : "utf8").toString("base64") + stray;
      });
      const file_data = `data:${["text/plain", ...parameters, "base64"].join(";")},${data.join("")}`;
      const request = wires.chat({
        messages: [{ role: "user", content: [{ type: "file", file: { file_data } }] }],
      });
      const made = adapterFor("anthropic").prepare(request, target(), provider("anthropic"), {});
      if (!made.ok) return;
      const sent = JSON.parse(String(made.request.body)) as {
        readonly messages: readonly {
          readonly content: readonly { source?: { data: string } }[];
        }[];
      };
      const said = sent.messages[0]?.content[0]?.source?.data ?? "";
      const texts: string[] = [];
      eachText(request.body, (text) => texts.push(text));
      expect(texts.join("\n")).toContain(said);
      clear += 1;
    }),
  );
  expect(clear).toBeGreaterThan(10);
});
