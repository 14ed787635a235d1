import type { Dialect } from "../../../protocol/conversation.ts";

/** The wire of this provider, as conversations name it: what is foreign elsewhere is at home here. */
export const ownDialect: Dialect = "generate";
