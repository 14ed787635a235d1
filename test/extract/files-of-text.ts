import { blocks, items, type Loose, parts, user, type Wire } from "./wires.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const chatFile = (file: Loose) => ({
  messages: [{ role: "user", content: [{ type: "file", file }] }],
});
export const source = (media_type: string, data: string) => ({
  type: "document",
  source: { type: "base64", media_type, data },
});
const inputFile = (file: Loose) =>
  items({ role: "user", content: [{ type: "input_file", ...file }] });
const inline = (mimeType: string, data: string) => ({ inlineData: { mimeType, data } });

/** Files of text whose bytes are sent in letters. */
export const filesOfText = (text: string): readonly (readonly [string, Wire, Loose])[] => [
  [
    "a text file",
    "chat",
    chatFile({ file_data: `data:text/plain;base64,${base64(text)}`, filename: "a.txt" }),
  ],
  [
    "a text file that names its letters",
    "chat",
    chatFile({
      file_data: `DATA:Text/CSV;charset=utf-16le;base64,${Buffer.from(text, "utf16le").toString("base64")}`,
      filename: "a.csv",
    }),
  ],
  [
    "a text file whose head has a blank and whose base64 a stray letter",
    "chat",
    chatFile({
      file_data: `data:text/plain; charset=utf-8;base64,${base64(text)}*`,
      filename: "a.txt",
    }),
  ],
  [
    "a table told as a spreadsheet",
    "chat",
    chatFile({
      file_data: `data:application/vnd.ms-excel;base64,${base64(text)}`,
      filename: "a.csv",
    }),
  ],
  ["a text file told by its name", "chat", chatFile({ file_data: base64(text), filename: "a.md" })],
  [
    "a text file of no said kind",
    "chat",
    chatFile({
      file_data: `data:application/octet-stream;base64,${base64(text)}`,
      filename: "main.py",
    }),
  ],
  [
    "a text file in lines of base64",
    "chat",
    chatFile({
      file_data: `data:application/json;base64,${base64(JSON.stringify({ text })).replaceAll(/(.{76})/g, "$1\n")}`,
      filename: "a.json",
    }),
  ],
  [
    "a text as an address",
    "chat",
    chatFile({ file_data: `data:text/plain,${encodeURIComponent(text)}`, filename: "a.txt" }),
  ],
  [
    "a text where a picture should be",
    "chat",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: `data:text/plain;base64,${base64(text)}` } },
          ],
        },
      ],
    },
  ],
  [
    "a text where a picture should be, with a stray letter",
    "chat",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: `data:text/plain;base64,${base64(text)}*` } },
          ],
        },
      ],
    },
  ],
  [
    "a text document",
    "messages",
    { messages: [{ role: "user", content: [source("text/plain", base64(text))] }] },
  ],
  [
    "a text document in a result",
    "messages",
    {
      messages: [
        user,
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "t", name: "n", input: {} }],
        },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: "t",
              content: [source("application/xml", base64(text))],
            },
          ],
        },
      ],
    },
  ],
  [
    "a text document in a block of the provider's",
    "messages",
    blocks({ type: "new_result", content: [source("text/html", base64(text))] }),
  ],
  [
    "a text file",
    "responses",
    inputFile({ file_data: `data:text/plain;base64,${base64(text)}`, filename: "a.txt" }),
  ],
  [
    "a text file told by its name",
    "responses",
    inputFile({ file_data: base64(text), filename: "a.py" }),
  ],
  [
    "a text file as an address",
    "responses",
    inputFile({ file_url: `data:text/markdown;base64,${base64(text)}` }),
  ],
  ["inline text", "generate", parts("user", inline("text/plain", base64(text)))],
  [
    "inline text of the model",
    "generate",
    parts("model", {
      functionResponse: { name: "f", response: {}, parts: [inline("text/csv", base64(text))] },
    }),
  ],
];
