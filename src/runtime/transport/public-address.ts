import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isPublicAddress } from "../../configuration/public-address.ts";
import { addressRefused } from "./transport-failure.ts";

/** Resolves a name to its public addresses; a name that has none is an error, so that none can lead inwards. */
export const lookUpPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error !== null) {
      callback(error, "");
      return;
    }
    const open = found.filter(({ address }) => isPublicAddress(address));
    const [first] = open;
    if (first === undefined) {
      const refused = new Error(`${hostname} has no public address`);
      callback(Object.assign(refused, { code: addressRefused }), "");
    } else if (options.all === true) {
      callback(null, open);
    } else {
      callback(null, first.address, first.family);
    }
  });
};
