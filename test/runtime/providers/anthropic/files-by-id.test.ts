import { expect, test } from "vitest";
import type { Conversation, Dialect, Part, Source } from "../../../../src/protocol/conversation.ts";
import { prepareMessages } from "../../../../src/runtime/providers/anthropic/prepare.ts";
import { Carrier } from "../../../../src/runtime/providers/carrier.ts";
import { chat, target } from "../support.ts";

const partsOf = (source: Source): Part[] => [
  { kind: "image", path: "the image", source, detail: null },
  { kind: "file", path: "the file", source, name: null, context: null, cites: false },
];

function asked(dialect: Dialect | undefined): Conversation {
  const source: Source = {
    kind: "id",
    id: "file_1",
    ...(dialect === undefined ? {} : { dialect }),
  };
  const parts = partsOf(source);
  const turns = [{ role: "user" as const, name: null, path: "p", parts }];
  return { ...chat().conversation(), turns };
}

test.each([["messages"], [undefined]] as const)(
  "files that a client names by id for %s go up by it",
  (dialect) => {
    const carrier = new Carrier(false);
    const body = JSON.parse(prepareMessages(asked(dialect), target(), {}, carrier));
    expect(body.messages[0].content).toMatchObject([
      { type: "image", source: { type: "file", file_id: "file_1" } },
      { type: "document", source: { type: "file", file_id: "file_1" } },
    ]);
    expect(carrier.failure).toBeNull();
  },
);

test.each([["chat"], ["responses"]] as const)(
  "files that another house knows, by clients of %s, are refused by name, or left out",
  (dialect) => {
    const refusing = new Carrier(false);
    prepareMessages(asked(dialect), target(), {}, refusing);
    expect(refusing.failure).toMatchObject({
      param: "the image",
      message: expect.stringContaining("left with another provider"),
    });
    const dropping = new Carrier(true);
    expect(prepareMessages(asked(dialect), target(), {}, dropping)).not.toContain("file_1");
    expect(dropping.dropped).toEqual(["the image", "the file"]);
  },
);
