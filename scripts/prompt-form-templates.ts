import type { PromptTemplate } from "./prompt-templates.ts";

/** Templates whose slots differ in form alone: in letter case, in the tense, in what may, should or must be. */
export const formTemplates: readonly PromptTemplate[] = [
  {
    kind: "case",
    phrasings: [
      "How do I contact {x} about my laptop?",
      "About my laptop, how do I contact {x} now?",
    ],
    slots: ["IT", "it"],
  },
  {
    kind: "case",
    phrasings: [
      "What does {x} recommend for children with a fever?",
      "For children with a fever, what does {x} recommend?",
    ],
    slots: ["WHO", "who"],
  },
  {
    kind: "case",
    phrasings: [
      "What did the trade treaty bring {x} in the end?",
      "In the end, what did the trade treaty bring {x}?",
    ],
    slots: ["US", "us"],
  },
  {
    kind: "case",
    phrasings: ["How long does a {x} scan take?", "A {x} scan, how long does it take?"],
    slots: ["CAT", "cat"],
  },
  {
    kind: "case",
    phrasings: ["How do I best prepare for the {x}?", "The {x}: how do I best prepare for it?"],
    slots: ["ACT", "act"],
  },
  {
    kind: "case",
    phrasings: ["Explain to me how {x} works", "I would like you to explain how {x} works"],
    slots: ["REST", "rest"],
  },
  {
    kind: "case",
    phrasings: [
      "Which charity helps people with {x}?",
      "For people with {x}, which charity helps?",
    ],
    slots: ["AIDS", "aids"],
  },
  {
    kind: "case",
    phrasings: ["What does `{x}` do in this file?", "In this file, what does `{x}` do?"],
    slots: ["foo", "Foo", "FOO"],
  },
  {
    kind: "case",
    phrasings: ["Why is {x} undefined in my program?", "In my program {x} is undefined, why?"],
    slots: ["userName", "username", "UserName", "USER_NAME"],
  },
  {
    kind: "case",
    phrasings: ["How do I best protect {x}?", "I want to protect {x}, how do I do that best?"],
    slots: ["China", "china"],
  },
  {
    kind: "case",
    phrasings: ["Why is {x} so expensive now?", "Could you say why {x} is so expensive now?"],
    slots: ["Turkey", "turkey"],
  },
  {
    kind: "case",
    phrasings: ["How do I replace {x} at home?", "At home I have to replace {x}, how?"],
    slots: ["Windows", "windows"],
  },
  {
    kind: "tense",
    phrasings: ["Who {x} the president of France?", "The president of France, who {x} that?"],
    slots: ["is", "was"],
  },
  {
    kind: "tense",
    phrasings: ["{x} it snow a lot in Oslo?", "In Oslo: {x} it snow a lot?"],
    slots: ["Did", "Does", "Will"],
  },
  {
    kind: "tense",
    phrasings: ["What {x} my credit limit?", "My credit limit, what {x} it?"],
    slots: ["is", "was", "will be"],
  },
  {
    kind: "tense",
    phrasings: ["Where {x} the winter games held?", "The winter games, where {x} they held?"],
    slots: ["are", "were"],
  },
  {
    kind: "tense",
    phrasings: ["How many people {x} in Berlin?", "In Berlin, how many people {x} there?"],
    slots: ["work", "worked"],
  },
  {
    kind: "modality",
    phrasings: ["{x} I take ibuprofen with wine?", "Ibuprofen with wine: {x} I take it?"],
    slots: ["Can", "Should", "Must"],
  },
  {
    kind: "modality",
    phrasings: ["{x} tip waiters in Japan?", "In Japan: {x} tip waiters?"],
    slots: ["Do I have to", "Should I", "May I"],
  },
  {
    kind: "modality",
    phrasings: ["{x} a tenant paint the walls?", "The walls: {x} a tenant paint them?"],
    slots: ["May", "Must", "Should", "Will"],
  },
];
