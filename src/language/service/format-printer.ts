import { terminalWidth } from "../../diagnostics/excerpt.ts";
import { type Doc, lineWidth, type PlacedComment } from "./format-doc.ts";

/** A printed line: what stands on it, and the comment behind. */
interface Line {
  readonly code: string;
  readonly comment: string | null;
}

interface Task {
  readonly doc: Doc;
  readonly indent: number;
  /** Of a fill: the part that comes next. */
  readonly next: number;
}

const step = 2;
/** Lines up to this wide have the comments behind them in one column. */
const alignedWidth = 60;

/** Lays documents out below each other, in time linear in what is printed. */
export class Printer {
  readonly #lines: Line[] = [];
  #code = "";
  #comment: string | null = null;
  #column = 0;
  #spaceDue = false;
  /** Columns that the next line is indented by; null while this one goes on. Text before anything is printed begins one. */
  #newlineDue: number | null = 0;
  #blankDue = false;

  /** Ends the line before what comes next, with an empty one between where that is wanted. */
  newLine({ isBlankBefore = false }: { readonly isBlankBefore?: boolean } = {}): void {
    this.#newlineDue = 0;
    this.#blankDue ||= isBlankBefore;
  }

  /** `indent` is that of what follows, where no line would end by itself. */
  comment({ text, trails }: PlacedComment, indent = 0): void {
    const due = this.#newlineDue ?? indent;
    if (trails && this.#code !== "" && this.#comment === null) this.#comment = text;
    else {
      this.#newlineDue = due;
      this.#write(text, terminalWidth(text));
    }
    this.#newlineDue = due;
  }

  print(doc: Doc): void {
    const tasks: Task[] = [{ doc, indent: 0, next: 0 }];
    for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) this.#run(task, tasks);
  }

  /** Everything printed, each line ended. */
  finish(lineEnd: string): string {
    if (this.#code !== "") this.#endLine();
    const aligned = alignComments(this.#lines);
    return aligned.length === 0 ? "" : aligned.join(lineEnd) + lineEnd;
  }

  #run(task: Task, tasks: Task[]): void {
    const { doc, indent } = task;
    switch (doc.kind) {
      case "text":
        this.#write(doc.text, doc.flat);
        break;
      case "space":
        this.#spaceDue = true;
        break;
      case "line":
        this.#newlineDue = indent;
        break;
      case "comments":
        for (const comment of doc.comments) this.comment(comment, indent + step);
        break;
      case "concat":
        for (let at = doc.parts.length - 1; at >= 0; at -= 1) {
          const part = doc.parts[at];
          if (part !== undefined) tasks.push({ doc: part, indent, next: 0 });
        }
        break;
      case "indent":
        tasks.push({ ...task, doc: doc.of, indent: indent + step });
        break;
      case "group":
        if (this.#fits(task, doc.most, tasks)) this.#printFlat(doc.of, indent);
        else tasks.push({ ...task, doc: doc.of });
        break;
      case "fill":
        this.#fill(task, doc.parts, tasks);
        break;
    }
  }

  /** What has room on this line; its parts nest no deeper than the tree they were made of. */
  #printFlat(doc: Doc, indent: number): void {
    switch (doc.kind) {
      case "text":
        this.#write(doc.text, doc.flat);
        break;
      case "space":
      case "line":
        this.#spaceDue = true;
        break;
      case "comments":
        for (const comment of doc.comments) this.comment(comment, indent + step);
        break;
      case "concat":
        for (const part of doc.parts) this.#printFlat(part, indent);
        break;
      case "indent":
      case "group":
        this.#printFlat(doc.of, indent);
        break;
      case "fill":
        for (const part of doc.parts) {
          this.#spaceDue ||= part !== doc.parts[0];
          this.#printFlat(part, indent);
        }
        break;
    }
  }

  #fill(task: Task, parts: readonly Doc[], tasks: Task[]): void {
    const { indent, next } = task;
    const part = parts[next];
    if (part === undefined) return;
    const isLast = next === parts.length - 1;
    if (next > 0) {
      this.#spaceDue = true;
      const room = { ...task, doc: part };
      const hasRoom = this.#fits(room, lineWidth, isLast ? tasks : []);
      if (part.leads || !hasRoom) this.#newlineDue = indent;
    }
    if (!isLast) tasks.push({ ...task, next: next + 1 });
    tasks.push({ ...task, doc: part, next: 0 });
  }

  /** Whether a document has room on this line, with what follows it up to where the line may end. */
  #fits({ doc, indent }: Task, most: number, following: readonly Task[]): boolean {
    const begins = doc.leads ? indent + step : this.#newlineDue;
    let width = begins ?? this.#column + (this.#spaceDue ? 1 : 0);
    width += doc.flat;
    for (let at = following.length - 1; at >= 0 && width <= most; at -= 1) {
      const after = following[at];
      // What is left of a fill begins where the line may end.
      if (after === undefined || after.next > 0) break;
      width += after.doc.head;
      if (after.doc.breaks) break;
    }
    return width <= most;
  }

  #write(text: string, width: number): void {
    if (this.#newlineDue !== null) {
      if (this.#code !== "") this.#endLine();
      if (this.#blankDue && this.#lines.length > 0) this.#lines.push({ code: "", comment: null });
      this.#code = " ".repeat(this.#newlineDue);
      this.#column = this.#newlineDue;
    } else if (this.#spaceDue) {
      this.#code += " ";
      this.#column += 1;
    }
    this.#newlineDue = null;
    this.#blankDue = false;
    this.#spaceDue = false;
    this.#code += text;
    this.#column += width;
  }

  #endLine(): void {
    this.#lines.push({ code: this.#code, comment: this.#comment });
    this.#code = "";
    this.#comment = null;
  }
}

/** Comments behind neighbouring lines begin in one column, unless a line is long. */
function alignComments(lines: readonly Line[]): string[] {
  const printed: string[] = [];
  for (let from = 0; from < lines.length; ) {
    let to = from + 1;
    if (lines[from]?.comment !== null) {
      while (to < lines.length && lines[to]?.comment !== null) to += 1;
    }
    const neighbours = lines.slice(from, to);
    const widths = neighbours.map(({ code }) => terminalWidth(code));
    const column = widths.reduce(
      (most, width) => (width > alignedWidth ? most : Math.max(most, width)),
      0,
    );
    for (const [at, { code, comment }] of neighbours.entries()) {
      const padding = " ".repeat(Math.max(0, column - (widths[at] ?? 0)));
      printed.push(comment === null ? code : `${code}${padding} ${comment}`);
    }
    from = to;
  }
  return printed;
}
