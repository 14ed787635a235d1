/** So much of a text is looked at, from its start and from its end; prompts put code at either. */
const window = 8_000;

/** Lines that hardly stand in prose: statements, declarations, markup, queries, shell. */
const codeLine =
  /^\s*(?:(?:import|from) [\w.{}*, ]{1,80}(?: import\b|;$| from ["'])|#include\s*[<"]|(?:pub |export |async |static |public |private |protected )*(?:def|fn|func|function|class|interface|struct|enum) \w{1,60}\s*[({:<]|(?:const|let|var) [\w{}[\], ]{1,60}\s*(?:[:=])|(?:if|for|while|switch|elif|catch)\s*\(.{0,200}\)\s*\{?$|(?:if|for|while|elif|with|try|except) ?[^.?!]{0,120}:$|return\b[^.?!]{0,120};$|[\w.[\]]{1,60}\s*(?:[-+*/|&]?=|:=)\s*[^=\s][^.?!]{0,160}[;)\]]$|(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\s.{0,200}|<\/?[a-zA-Z][\w-]{0,30}(?:\s[^<>]{0,200})?>|[\w.]{1,60}\([^()]{0,160}\);?$|\}[);,]*$|@\w{1,40}(?:\(|$)|\$ \w{1,30})/;

const fence = /^\s*(?:```|~~~)/;

/** Whether a text holds source code: a fenced block, or at least two lines (or half of few) that read like code. Linear in the text. */
export function holdsCode(text: string): boolean {
  const looked =
    text.length <= 2 * window ? text : `${text.slice(0, window)}\n${text.slice(-window)}`;
  let lines = 0;
  let codeLines = 0;
  for (let start = 0; start < looked.length; ) {
    const found = looked.indexOf("\n", start);
    const end = found < 0 ? looked.length : found;
    // A line of code is short; a longer one is looked at in part, so that no pattern meets a long text.
    const line = looked.slice(start, Math.min(end, start + 300)).trimEnd();
    start = end + 1;
    if (line === "") continue;
    if (fence.test(line)) return true;
    lines += 1;
    if (codeLine.test(line)) codeLines += 1;
    if (codeLines >= 3) return true;
  }
  return codeLines >= 2 || (codeLines === 1 && lines <= 2);
}
