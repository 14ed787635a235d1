import { expect, test } from "vitest";
import { adapterFor } from "../../../../src/runtime/providers/adapters.ts";
import { chat, provider, target } from "../support.ts";

test.each([
  ["charset=utf-16le", Buffer.from("héllo", "utf16le")],
  [" Charset=latin1", Buffer.from("héllo", "latin1")],
  ["charset=klingon", Buffer.from("héllo")],
])("a text file is sent in the letters that its head names: %s", (parameter, bytes) => {
  const file_data = `data:text/plain;${parameter}; base64,${bytes.toString("base64")}`;
  const request = chat({
    messages: [{ role: "user", content: [{ type: "file", file: { file_data } }] }],
  });
  const made = adapterFor("anthropic").prepare(request, target(), provider("anthropic"), {});
  if (!made.ok) throw new Error(made.failure.message);
  const { messages } = JSON.parse(String(made.request.body)) as { readonly messages: unknown };
  const source = { type: "text", media_type: "text/plain", data: "héllo" };
  expect(messages).toMatchObject([{ content: [{ type: "document", source }] }]);
});
