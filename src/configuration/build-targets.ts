import type { PicodollarsPerToken } from "../base/money.ts";
import {
  type CatalogModel,
  catalogModels,
  findModel,
  findModelAnywhere,
} from "../catalog/models.ts";
import type { Ability, PriceBand, PricedTier, PriceTable, Target } from "../catalog/target.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { BuildContext, Section } from "./build.ts";
import type { Providers } from "./build-providers.ts";
import { qualityOf } from "./build-quality.ts";
import type { Provider } from "./configuration.ts";
import { kindDefaults, sellerOf, surchargeAt } from "./provider-kinds.ts";
import type { Located } from "./shape.ts";
import { wrongWord } from "./wrong-word.ts";

type TargetSection = Section<"targets"> extends ReadonlyMap<string, infer T> ? T : never;
type PriceSection = NonNullable<TargetSection["value"]["price"]>["value"];

/** What a model that no catalog knows is taken to do: home servers hold output to a grammar, all of them stream. */
const unlistedAbilities: readonly Ability[] = ["streaming"];
const unlistedLocalAbilities: readonly Ability[] = ["json", "json_schema", "streaming"];

/** What the catalog tells of a model at a provider, and whether its prices hold there. */
interface Listing {
  readonly model: CatalogModel | null;
  readonly sold: boolean;
}

function listingOf(provider: Provider, id: string): Listing {
  const seller = sellerOf(provider.kind, provider.url);
  if (seller !== null) return { model: findModel(seller, id), sold: true };
  return { model: findModelAnywhere(id), sold: false };
}

/** A target for any model of a provider, with all that the catalog and the provider's kind tell of it. */
export function targetOfModel(name: string, provider: Provider, id: string): Target {
  const { local, batches } = kindDefaults[provider.kind];
  const { model, sold } = listingOf(provider, id);
  const unlisted = local ? unlistedLocalAbilities : unlistedAbilities;
  const { discounts, runningCost } = provider;
  const isFree = local || runningCost !== undefined;
  const surcharge = sold ? surchargeAt(provider.url) : 0;
  return {
    name,
    provider: provider.name,
    model: id,
    region: null,
    local,
    ...(batches === true ? { hasBatches: true } : {}),
    quantization: null,
    prices: isFree ? [flatPrice({ input: 0, output: 0 })] : ((sold ? model?.prices : null) ?? []),
    contextTokens: model?.contextTokens ?? null,
    maxOutputTokens: model?.maxOutputTokens ?? null,
    abilities: model?.abilities ?? new Set(unlisted),
    ...(model === null ? {} : { lacks: lackedBy(model.abilities) }),
    quality: {},
    ...quirksOf(model),
    ...(discounts === undefined ? {} : { discounts }),
    ...(runningCost === undefined ? {} : { runningCost }),
    ...(surcharge === 0 ? {} : { surcharge }),
  };
}

/** What a listed model takes otherwise than its wire says. */
function quirksOf(
  model: CatalogModel | null,
): Pick<
  Target,
  "rejectsSampling" | "rejectsForcedTools" | "rejectsEffort" | "rejectsPrefill" | "thinking"
> {
  if (model === null) {
    return { rejectsSampling: false, rejectsForcedTools: false, rejectsEffort: false };
  }
  const { rejectsSampling, rejectsForcedTools, rejectsEffort, rejectsPrefill, thinking } = model;
  return {
    rejectsSampling,
    rejectsForcedTools,
    rejectsEffort,
    ...(rejectsPrefill ? { rejectsPrefill } : {}),
    ...(thinking === null ? {} : { thinking }),
  };
}

/** What may stand in one flat price beside input and output. */
interface FlatPrice {
  readonly input: PicodollarsPerToken;
  readonly output: PicodollarsPerToken;
  readonly cachedRead?: PicodollarsPerToken | undefined;
  readonly cachedWrite?: PicodollarsPerToken | undefined;
  readonly further?: Partial<PriceBand>;
  readonly tiers?: Readonly<Partial<Record<PricedTier, number>>>;
}

/** One price for every prompt and every day. Cached tokens without a price of their own cost what input costs. */
function flatPrice(price: FlatPrice): PriceTable {
  const { input, output, cachedRead = input, cachedWrite = input, further, tiers } = price;
  return {
    effectiveFrom: Number.NEGATIVE_INFINITY,
    bands: [{ abovePromptTokens: 0, input, output, cachedRead, cachedWrite, ...further }],
    batchShare: null,
    ...(tiers === undefined ? {} : { tiers }),
  };
}

/** The targets of a configuration: what the catalog tells of their models, under what the file says. */
export function buildTargets(
  section: Section<"targets">,
  providers: Providers,
  context: BuildContext,
): ReadonlyMap<string, Target> {
  const built = new Map<string, Target>();
  for (const [name, entry] of section) {
    const target = buildTarget(name, entry, providers, context);
    if (target !== null) built.set(name, target);
  }
  return built;
}

function buildTarget(
  name: string,
  { value }: TargetSection,
  providers: Providers,
  context: BuildContext,
): Target | null {
  const { provider: named, model } = value;
  if (named === undefined || model === undefined) return null;
  const provider = providers.built.get(named.value);
  if (provider === undefined) {
    if (!providers.names.has(named.value)) reportProvider(named, providers, context);
    return null;
  }
  const listed = targetOfModel(name, provider, model.value);
  const own = pricesOf(value.price?.value);
  const prices = own ?? listed.prices;
  reportModel(provider, model, prices.length > 0, context);
  // Who gives a price per token says what a request costs: the server's time is not added to it.
  const { runningCost, ...billed } = listed;
  return {
    ...billed,
    ...(own !== null || runningCost === undefined ? {} : { runningCost }),
    ...speedOf(value),
    ...(value.concurrency === undefined ? {} : { concurrency: value.concurrency.value }),
    ...(value.surcharge === undefined ? {} : { surcharge: value.surcharge.value }),
    region: value.region?.value ?? null,
    local: value.local?.value ?? listed.local,
    quantization: value.quantization?.value ?? null,
    prices,
    contextTokens: value.context?.value ?? listed.contextTokens,
    maxOutputTokens: value["max-output"]?.value ?? listed.maxOutputTokens,
    ...supportsOf(value),
    quality: qualityOf(value.quality?.value),
    rejectsSampling: value["rejects-sampling"]?.value ?? listed.rejectsSampling,
    rejectsForcedTools: value["rejects-forced-tools"]?.value ?? listed.rejectsForcedTools,
    rejectsEffort: value["rejects-effort"]?.value ?? listed.rejectsEffort,
  };
}

function reportProvider(
  named: Located<string>,
  providers: Providers,
  { reader }: BuildContext,
): void {
  const known = [...providers.names];
  const details = wrongWord(named.span, didYouMean(named.value, known), known, "the providers are");
  reader.report("C0202", named.span, `there is no provider \`${named.value}\``, details);
}

/** Says when the catalog does not know a model and no price was given. */
function reportModel(
  provider: Provider,
  model: Located<string>,
  isPriced: boolean,
  { reader }: BuildContext,
): void {
  if (isPriced) return;
  const seller = sellerOf(provider.kind, provider.url);
  const known = catalogModels.filter((each) => each.seller === seller).map((each) => each.id);
  const meant = didYouMean(model.value, known);
  reader.report("C0206", model.span, `no price is known for \`${model.value}\``, {
    ...(meant === null ? {} : wrongWord(model.span, meant, [], "")),
    help: `${meant === null ? "" : `did you mean \`${meant}\`? else `}give one: price: { input: $1/M, output: $2/M }`,
  });
}

/** What may stand in a prompt and not every model takes. */
const taken: readonly Ability[] = ["images", "audio", "files"];

function lackedBy(abilities: ReadonlySet<Ability>): ReadonlySet<Ability> {
  return new Set(taken.filter((ability) => !abilities.has(ability)));
}

/** What the file says that a target takes and gives; nothing where it is silent. */
function supportsOf({
  supports,
}: TargetSection["value"]): Partial<Pick<Target, "abilities" | "lacks">> {
  if (supports === undefined) return {};
  const abilities = new Set(supports.value.map((each) => each.value));
  return { abilities, lacks: lackedBy(abilities) };
}

function speedOf(value: TargetSection["value"]): Pick<Target, "speed"> {
  const output = value.speed?.value ?? null;
  const prompt = value["prompt-speed"]?.value ?? null;
  return output === null && prompt === null ? {} : { speed: { output, prompt } };
}

function pricesOf(price: PriceSection | undefined): readonly PriceTable[] | null {
  if (price?.input === undefined || price.output === undefined) return null;
  const long = price["cached-write-long"];
  const heard = price["audio-input"];
  const spoken = price["audio-output"];
  const { flex, priority } = price;
  return [
    flatPrice({
      input: price.input.value,
      output: price.output.value,
      cachedRead: price["cached-read"]?.value,
      cachedWrite: price["cached-write"]?.value,
      further: {
        ...(long === undefined ? {} : { cachedWriteLong: long.value }),
        ...(heard === undefined ? {} : { audioInput: heard.value }),
        ...(spoken === undefined ? {} : { audioOutput: spoken.value }),
      },
      ...(flex === undefined && priority === undefined
        ? {}
        : {
            tiers: {
              ...(flex === undefined ? {} : { flex: flex.value }),
              ...(priority === undefined ? {} : { priority: priority.value, fast: priority.value }),
            },
          }),
    }),
  ];
}
