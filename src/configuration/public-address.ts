import { BlockList, isIP } from "node:net";

/** Networks that are nobody's or somebody's own (RFC 6890 and its successors). */
const reserved: readonly (readonly [string, number, "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.0.2.0", 24, "ipv4"],
  ["192.88.99.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["198.51.100.0", 24, "ipv4"],
  ["203.0.113.0", 24, "ipv4"],
  ["224.0.0.0", 3, "ipv4"],
  ["::", 8, "ipv6"],
  ["64:ff9b::", 96, "ipv6"],
  ["64:ff9b:1::", 48, "ipv6"],
  ["100::", 8, "ipv6"],
  ["2002::", 16, "ipv6"],
  ["2001::", 23, "ipv6"],
  ["2001:db8::", 32, "ipv6"],
  ["3fff::", 20, "ipv6"],
  ["5f00::", 16, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 9, "ipv6"],
  ["ff00::", 8, "ipv6"],
];
/** One list for each family: in a common one an IPv4 address is looked up as the IPv6 address that it maps to, too. */
const own = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [net, bits, family] of reserved) own[family].addSubnet(net, bits, family);

/** Whether an address is one that anybody can reach: none of this machine, its network, or a cloud's inner services. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  const family = version === 6 ? "ipv6" : "ipv4";
  return !own[family].check(address, family);
}

/** Whether a URL's host may be connected to as far as it says so itself: a name is judged by what it resolves to. */
export function mayBePublic(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return isIP(bare) === 0 || isPublicAddress(bare);
}

/** Names that lead inside by themselves, whatever resolves them. */
const inside =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|arpa)$/;

/** Whether a name can be anybody's to reach: one of this machine, of a network's own domain or without any domain is none. An address counts as one. */
export function isPublicName(hostname: string): boolean {
  if (isIP(hostname.replace(/^\[|\]$/g, "")) !== 0) return true;
  const name = hostname.toLowerCase().replace(/\.$/, "");
  return name.includes(".") && !inside.test(name);
}
