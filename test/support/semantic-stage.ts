import {
  type CachedAnswer,
  type CacheSetup,
  type CacheStage,
  openCacheStage,
} from "./cache-stage.ts";

/** What is asked, and the same in other words, as the package's table and the guards see it. */
export const asked = "How do I reset the password of my account?";
export const likeIt = "How can I reset my account's password?";

export const semantic = "otherwise a with cache semantic above 0.9 for 1h, retry 0\n";

interface SemanticReport {
  readonly entries: number;
  readonly kept: number;
  readonly lookups: Readonly<Record<string, number>>;
  readonly reasked: { readonly agreed: number; readonly disagreed: number };
  readonly falseHitRate: number | null;
}

/** A gateway that finds answers by meaning. */
export interface SemanticStage extends CacheStage {
  /** Asks one question, with what else the body shall hold. */
  say(text: string, body?: object, headers?: Record<string, string>): Promise<CachedAnswer>;
  /** The same, and waits until so many prompts can be found: they are kept beside the requests. */
  keep(text: string, count?: number, body?: object): Promise<CachedAnswer>;
  /** What the operator's page tells of the index, once it is as wanted. */
  meaning(wanted?: (report: SemanticReport) => boolean): Promise<SemanticReport>;
}

export async function openSemanticStage(
  main = semantic,
  setup: CacheSetup = {},
): Promise<SemanticStage> {
  const stage = await openCacheStage(main, setup);
  const say: SemanticStage["say"] = (text, body = {}, headers = {}) =>
    stage.ask({ messages: [{ role: "user", content: text }], ...body }, headers);
  const meaning: SemanticStage["meaning"] = async (wanted = () => true) => {
    for (;;) {
      const report = (await stage.report())["semantic"] as SemanticReport;
      if (wanted(report)) return report;
    }
  };
  return {
    ...{ ...stage, say, meaning },
    async keep(text, count = 1, body = {}) {
      const answer = await say(text, body);
      await meaning(({ kept }) => kept >= count);
      return answer;
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}
