import { holdsCode } from "./code-detector.ts";

/** Clues of one intent: the first intent in the list with a clue that fits is taken. */
interface ShippedClues {
  readonly intent: string;
  readonly clues: readonly RegExp[];
}

/*
 * Every repetition is bounded, and the text is at most two windows long. Clues name the task, not the topic, and look at
 * how it is put: an imperative at the start of a line or sentence, or a question of a known form.
 */
const begin = String.raw`(?:^|[\n.!?:;]\s{0,3}|\b(?:please|kindly|can you|could you|would you|i want you to|i need you to|help me|your task is to|you need to|you are asked to|and|then|to|me to|should)\s+)`;
const clue = (pattern: string): RegExp => new RegExp(pattern, "i");
const starts = (pattern: string): RegExp => clue(`${begin}(?:${pattern})`);

const shipped: readonly ShippedClues[] = [
  {
    intent: "translate",
    clues: [
      starts(String.raw`translate\b`),
      clue(String.raw`\btranslat(?:e|ion) (?:of )?.{0,80}\b(?:in)?to [A-Z]?[a-z]+`),
      starts(
        String.raw`(?:übersetze|übersetz|traduis|traduisez|traduce|traduzca|traduci|traduza|vertaal|przetłumacz)\b`,
      ),
      clue(
        String.raw`^(?:how (?:do|would) (?:you|i) say|what is the \w{3,12} (?:word|translation) (?:for|of))\b`,
      ),
      clue("翻译|翻譯|翻訳|번역|переведи"),
    ],
  },
  {
    intent: "summarise",
    clues: [
      starts(String.raw`(?:summari[sz]e|sum up|tl;?dr|condense|recap)\b`),
      starts(
        String.raw`(?:write|give|provide|create|make|produce|generate)\s(?:\w+\s){0,4}(?:summary|abstract|synopsis|recap|tl;?dr)\b`,
      ),
      clue(String.raw`^tl;?dr\b|\btl;?dr[:?]?\s*$`),
      starts(String.raw`(?:fasse|zusammenfassen|résume|résumez|resume|resuma|riassumi|samenvat)\b`),
      clue("总结|概括|摘要|要約|요약|кратко изложи"),
    ],
  },
  {
    intent: "classify",
    clues: [
      starts(String.raw`(?:classify|categori[sz]e|label|tag)\b`),
      clue(String.raw`\b(?:classify|categori[sz]e)\b`),
      clue(
        String.raw`\b(?:is|are) (?:the|this|that|it|these|they|each)\b.{0,120}\b(?:positive|negative|neutral|spam|ham|toxic|offensive|sarcastic|true|false|correct|fake|entailed|factual|grammatical)\b.{0,40}(?:\bor\b|\?|or not)`,
      ),
      clue(
        String.raw`\b(?:positive|negative|true|false|yes|no|spam|ham|entailment|neutral|fact|opinion)["'”]?\s?(?:,|\/|or|vs\.?)\s{0,2}(?:an? )?["'“]?(?:positive|negative|neutral|false|true|no|yes|ham|not spam|contradiction|opinion)\b`,
      ),
      starts(
        String.raw`(?:determine|decide|predict|detect|identify|tell|judge|check|verify|find out|evaluate|assess|say|indicate|select|choose|specify|figure out|see)\s(?:me\s)?(?:if|whether|which (?:\w+\s){0,3}(?:category|class|label|type|topic|genre|option))\b`,
      ),
      clue(
        String.raw`\b(?:sentiment|polarity|stance)\b.{0,40}\b(?:of|analysis|is|expressed|toward)\b|\bsentiment\b`,
      ),
      clue(
        String.raw`\bwhich (?:of the (?:following|given|below|two|above) |one of )?(?:category|class|label|genre|topic|type|categories|emotion|intent)\b`,
      ),
      clue(
        String.raw`\b(?:choose|select|pick|answer|output|respond|reply|return)\b.{0,40}\b(?:from|among|one of|between|with|either)\b.{0,60}(?:\boptions?\b|\bcategor|\blabels?\b|\byes\b|\bno\b|\btrue\b|\bclasses\b|\b[1-9]\b.{0,12}\bor\b|\bfollowing\b)`,
      ),
      clue(
        String.raw`\banswer choices?\b|\boptions?\s?:\s?|(?:^|\n)\s{0,3}\(?[aA][).:].{1,200}\n\s{0,3}\(?[bB][).:]`,
      ),
      clue(
        String.raw`\bcategor(?:y|ies) (?:of|that|for|to which|below|:)|\bbelongs? to (?:which|what|one)\b|\bfall(?:s)? (?:in|under|into) (?:which|what|one)\b|\binto (?:the )?(?:following|one of|two|three|four|five|\d) (?:\w+ )?(?:categor|class|group|type|bucket|label)`,
      ),
      starts(
        String.raw`(?:rate|score|grade)\s(?:the|this|these|how)\b.{0,80}\b(?:from|on a scale|between|out of|scale|positive)\b`,
      ),
      clue(String.raw`\bon a scale (?:of|from)\b`),
      clue(
        String.raw`\b(?:detect|identify|determine|predict|evaluate|assess|analy[sz]e|recogni[sz]e|judge)\b.{0,40}\b(?:sentiment|emotion|tone|spam|sarcasm|toxicity|hate|fallacy|intent|genre|stance|topic|polarity|relevance|difficulty|categor)`,
      ),
      clue(
        String.raw`\b(?:candidates?|categories|labels|classes|options|choices) (?:include|are)\b|\bpos tag\b|\bpart of speech\b`,
      ),
      clue(
        String.raw`\b(?:output|return|answer with|give) (?:only )?the (?:\w+ )?(?:index|label|category|class|option|letter)\b`,
      ),
      clue(
        String.raw`\b(?:klassifiziere|ordne .{0,60} zu|classe[rz]? |clasifica|classifica|classifique)\b|分类|分類|분류`,
      ),
    ],
  },
  {
    intent: "extract",
    clues: [
      starts(String.raw`(?:extract|parse|pull out|scrape|retrieve)\b`),
      starts(
        String.raw`(?:find|identify|list|name|highlight|return|get|give|output)\s(?:me\s)?(?:all|every|each|any|the)\s.{0,60}\b(?:mentioned|in the (?:following|given|text|sentence|paragraph|passage|article|below|document|email)|from the (?:following|given|text|sentence|paragraph|passage|article|below|document|email)|entities|keywords|key ?phrases)\b`,
      ),
      clue(
        String.raw`\b(?:named entit|key ?words? (?:from|of|in)|as (?:a )?json\b.{0,40}\bfrom\b)`,
      ),
      clue("提取|抽取|抽出|추출"),
    ],
  },
  {
    intent: "code",
    clues: [
      starts(
        String.raw`(?:write|implement|create|develop|build|code|generate|make|give|design|complete|provide)\s.{0,80}\b(?:function|program|script|code|class|algorithm|method|query|regex|regular expression|sql|html|css|api|app|application|website|web ?page|component|module|unit tests?|dockerfile|yaml|makefile|macro|formula|bot|python|javascript|typescript|java|c\+\+|rust|golang|bash|powershell|react|vba)\b`,
      ),
      starts(
        String.raw`(?:debug|refactor|fix|optimi[sz]e|review|convert|rewrite|compile|port)\s.{0,60}\b(?:code|function|script|program|bug|error|query|class|python|java|javascript|c\+\+|sql|loop)\b`,
      ),
      clue(
        String.raw`\b(?:in|using|with) (?:python|javascript|typescript|java|c\+\+|c#|rust|golang|kotlin|swift|ruby|php|bash|sql|matlab|react|pytorch|pandas|numpy|django|node(?:\.?js)?|terraform|kubernetes|docker|vba|excel vba|latex)\b`,
      ),
      clue(
        String.raw`\b(?:stack ?trace|traceback|segfault|syntax error|compil(?:e|er) error|null ?pointer|time complexity|leetcode|unit test)\b`,
      ),
    ],
  },
  {
    intent: "reason",
    clues: [
      starts(
        String.raw`(?:solve|prove|calculate|compute|derive|deduce|simplify|evaluate|integrate|differentiate|estimate)\b`,
      ),
      clue(
        String.raw`\b(?:step[- ]by[- ]step|probability (?:that|of)|how many|how much|what is the (?:sum|product|value|area|volume|average|remainder|probability|minimum|maximum|angle|length|distance|number)|find the (?:sum|value|area|number|difference|minimum|maximum|smallest|largest|probability|remainder|equation|derivative|roots?|length)|equation|theorem|if and only if|riddle|puzzle|logically|let \$|proof)\b`,
      ),
      clue(
        String.raw`\\(?:frac|sum|int|sqrt|mathbb|mathcal|leq?|geq?|lim|cdot|begin\{(?:align|equation|cases|p?matrix))\b|\$[A-Za-z]\$|\bE\([a-zA-Z]\)\s?=`,
      ),
      clue("формул|вероятност|вычисли|посчитай|рассчитай|计算|証明|证明|求解|방정식"),
      clue(String.raw`\$[^$\n]{1,80}[=^\\][^$\n]{0,80}\$|\b\d+\s?[-+*/×÷]\s?\d+\s?=`),
    ],
  },
  {
    intent: "write",
    clues: [
      starts(
        String.raw`(?:write|compose|draft|rewrite|rephrase|paraphrase|edit|proofread|polish|reword|craft|pen|improve|brainstorm|describe|create|generate|design|imagine|invent|suggest|come up with|make up|continue|complete|expand|correct)\b`,
      ),
      clue(
        String.raw`\b(?:essay|poem|haiku|story|blog post|cover letter|lyrics|slogan|tweet|headline|screenplay|speech|limerick|email to)\b`,
      ),
      starts(
        String.raw`(?:schreibe?|formuliere|verfasse|écris|rédige|escribe|redacta|escreva|scrivi|schrijf|napisz)\b`,
      ),
      clue(
        String.raw`\b(?:poema|cuento|canción|poème|dialogue en|gedicht|geschichte|poesia|bài thơ|thơ về)\b`,
      ),
      clue("写一|写出|文章|撰写|書いて|작성|напиши|придумай|предложи|стих|песн"),
    ],
  },
  {
    intent: "chat",
    clues: [
      clue(
        String.raw`^(?:hi|hello|hey|good (?:morning|evening|afternoon)|thanks|thank you|ok|okay|yes|no|bye|hallo|hola|bonjour|ciao|你好|こんにちは)\b`,
      ),
      clue(
        "^(?:what|who|when|where|why|how|which|is|are|am|do|does|did|can|could|should|would|will|was|were|have|has|tell me|explain|give me|i |i'm|i've|my |you |let's)",
      ),
      clue(String.raw`\?\s*$`),
    ],
  },
];

/** Asks for more than the label: the answer is a text, whatever is judged on the way. */
const wantsText = clue(
  String.raw`\b(?:explain (?:why|your|the)|why or why not|otherwise,? (?:correct|rewrite|fix)|suggest (?:an? )?(?:alternative|better|correction|fix))\b`,
);

const namesLabelling = /\b(?:classify|categori[sz]e|label)\b/i;

const minimalText = /[\p{L}\p{N}]/u;

/** The shipped intent of a text (head and tail of a prompt): `tool` when tools are offered and no other task is named, `other` when nothing fits. */
export function shippedIntentOf(text: string, tools: number): string {
  if (!minimalText.test(text)) return tools > 0 ? "tool" : "other";
  for (const { intent, clues } of shipped) {
    if (intent === "code" && holdsCode(text)) return "code";
    if (intent === "chat" && tools > 0) return "tool";
    if (intent === "classify" && wantsText.test(text) && !namesLabelling.test(text)) continue;
    if (clues.some((each) => each.test(text))) return intent;
  }
  return "other";
}
