import { describe, expect, test } from "vitest";
import type { Reasoning } from "../../../src/protocol/conversation.ts";
import { sealReasoning } from "../../../src/surface/responses/sealed-reasoning.ts";
import { sealCall } from "../../../src/surface/seal.ts";
import { asked, thought } from "./support.ts";

const user = { role: "user", content: "Hi" };
const bare = { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "xyz" };
const sealed = (fields: Partial<Reasoning>): object => ({
  ...bare,
  encrypted_content: sealReasoning({ ...thought, ...fields }, bare.id),
});

describe("what of a client's input goes to a provider of the same wire", () => {
  test("is the very body where nothing was sealed", () => {
    const { native, modelSpan } = asked({ input: [user, bare] });
    expect(native["input"]).toEqual([user, bare]);
    expect(modelSpan).not.toBeNull();
  });

  test.each<[string, object, readonly object[]]>([
    ["signed thinking of another wire", sealed({ signature: "sig", dialect: "messages" }), []],
    ["encrypted thinking of another wire", sealed({ encrypted: "abc", dialect: "messages" }), []],
    ["the proof of a call", { ...bare, encrypted_content: sealCall("c", "sig") }, []],
    ["a broken seal", { ...bare, encrypted_content: "signalbox-1:{" }, []],
    [
      "this wire's own, that had to be sealed for its id",
      sealed({ encrypted: "abc", id: "rs_9", dialect: "responses" }),
      [{ ...bare, id: "rs_9", encrypted_content: "abc" }],
    ],
  ])("is without seals, and no longer the client's bytes: %s", (_name, item, kept) => {
    const { native, modelSpan } = asked({ input: [user, item] });
    expect(native["input"]).toEqual([user, ...kept]);
    expect(modelSpan).toBeNull();
  });

  test("is kept whole in the conversation", () => {
    const request = asked({ input: [user, sealed({ signature: "sig", dialect: "messages" })] });
    expect(request.conversation().turns[1]?.parts[0]).toMatchObject({
      reasoning: { signature: "sig", dialect: "messages" },
    });
  });
});
