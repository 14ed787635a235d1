import type { CodeRow } from "./code-row.ts";

/** P042x and P043x: what the analysis of the decision diagram finds. Each example is a policy that gets its code. */
export const analysisCodes = {
  P0421: {
    severity: "error",
    title: "outcome of every request undecided",
    cause: "Whether every request has an outcome could not be decided within the limits.",
    example: "(rules with very many cases, and no `otherwise`)",
    remedy: "End the file with `otherwise`, or the last rule with `else`.",
  },
  P0422: {
    severity: "warning",
    title: "rule whose requests others take",
    cause: "Rules above it take every request on which its condition is true.",
    example: "if tokens < 500 then claude if tokens < 200 then gpt otherwise claude",
    remedy: "Move it above the rules that are named, or take it out.",
  },
  P0423: {
    severity: "info",
    title: "rule of which a part is left",
    cause: "Rules above it take some of the values that its condition names.",
    example: "if tokens < 200 then claude if tokens < 500 then gpt otherwise claude",
    remedy: "Nothing, when it is meant so; else move the rule up.",
  },
  P0424: {
    severity: "info",
    title: "last word that is never needed",
    cause: "The rules above take every request.",
    example: "if stream then claude if not stream then gpt otherwise claude",
    remedy: "Take it out, or leave it as a safeguard.",
  },
  P0425: {
    severity: "warning",
    title: "condition that is never true",
    cause: "No request makes the condition true.",
    example: "if tokens < 200 and tokens > 500 then claude else gpt",
    remedy: "Correct a value, or write `or`.",
  },
  P0426: {
    severity: "warning",
    title: "condition that is always true",
    cause: "Every request makes the condition true.",
    example: "if tokens < 500 or tokens > 200 then claude else gpt",
    remedy: "Correct a value, or write `otherwise`.",
  },
  P0427: {
    severity: "warning",
    title: "part that changes nothing",
    cause: "The condition is true of the same requests without this part.",
    example: "if tokens < 500 and tokens < 200 then claude else gpt",
    remedy: "Take the part out, or correct its value.",
  },
  P0428: {
    severity: "warning",
    title: "value out of reach",
    cause: "The fact never crosses this value, so the test decides nothing.",
    example: "if tokens < 0 then claude else gpt",
    remedy: "Compare with a value that the fact can have.",
  },
  P0429: {
    severity: "info",
    title: "test that the configuration settles",
    cause:
      "What is asked of the target stands in the configuration, so the answer is always the same.",
    example: "if claude.supports(tools) then claude else gpt",
    remedy: "Nothing, when other configurations are meant too.",
  },
  P0430: {
    severity: "info",
    title: "boundaries closer than counts agree",
    cause:
      "Between the two boundaries the prompt's tokens are told apart more finely than targets count alike.",
    example: "if tokens < 7900 then claude if tokens < 8k then gpt otherwise claude",
    remedy: "Move them apart, or use one.",
  },
  P0431: {
    severity: "info",
    title: "boundary close to a context window",
    cause:
      "Prompts just below the boundary may not fit: the target's own count differs from the estimate.",
    example: "if tokens < 199k then claude else gpt",
    remedy: "Leave a tenth of room, or a fallback with a larger window.",
  },
  P0432: {
    severity: "info",
    title: "rules in several diagrams",
    cause:
      "The rules have too many cases for one diagram, so blocks of them are decided one after another.",
    example: "(rules with very many cases)",
    remedy: "Nothing: decisions are the same. Fewer facts in these rules make them one diagram.",
  },
  P0433: {
    severity: "info",
    title: "analysis not finished",
    cause: "Some rules have too many cases to be gone through within the limits.",
    example: "(rules with very many cases)",
    remedy: "Split the policy, or test fewer facts in one rule.",
  },
  P0434: {
    severity: "warning",
    title: "budget that counts nothing",
    cause:
      "A plan with a budget can lead to a target without a known price: what it costs is counted only where its provider states it.",
    example: "(a budget, and a target whose model has no price)",
    remedy: "Give the target a price, or leave it to plans without a budget.",
  },
} as const satisfies Record<string, CodeRow>;
