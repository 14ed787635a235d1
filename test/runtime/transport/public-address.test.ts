import { lookup } from "node:dns/promises";
import { expect, test } from "vitest";
import { isPublicAddress, mayBePublic } from "../../../src/configuration/public-address.ts";
import { lookUpPublic } from "../../../src/runtime/transport/public-address.ts";

test.each([
  ["1.1.1.1", true],
  ["172.15.0.1", true],
  ["172.16.0.1", false],
  ["172.31.255.255", false],
  ["10.0.0.1", false],
  ["127.0.0.1", false],
  ["0.0.0.0", false],
  ["169.254.169.254", false],
  ["192.168.1.1", false],
  ["100.64.0.1", false],
  ["198.18.0.1", false],
  ["192.0.2.1", false],
  ["198.51.100.7", false],
  ["203.0.113.9", false],
  ["2001:db8::1", false],
  ["224.0.0.1", false],
  ["255.255.255.255", false],
  ["2606:4700::1111", true],
  ["::1", false],
  ["::", false],
  ["::ffff:127.0.0.1", false],
  ["::ffff:1.1.1.1", false],
  ["64:ff9b::a00:1", false],
  ["2002:7f00:1::", false],
  ["fd00::1", false],
  ["fe80::1", false],
  ["fec0::1", false],
  ["ff02::1", false],
  ["localhost", false],
  ["", false],
])("%s is public: %s", (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected);
});

test("a host says so itself where it is an address, in brackets too; a name has to be looked up", () => {
  expect(["[::1]", "127.0.0.1", "1.1.1.1", "api.example.com"].map(mayBePublic)).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test.each([true, false])(
  "a name that leads to this machine alone is not resolved (all: %s)",
  async (all) => {
    expect((await lookup("localhost")).address).toMatch(/^(127\.|::1$)/);
    const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
    lookUpPublic("localhost", { all }, (error) => resolve(error));
    expect((await promise)?.code).toBe("ERR_SIGNALBOX_ADDRESS");
  },
);
