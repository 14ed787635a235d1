const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== "");

/** Words that carry a sentence and not its subject; polite and filling ones are among them. */
export const carryingWords: ReadonlySet<string> = new Set(
  words(`a an the this that these those some any each every all both such same other another
    i me my mine myself you your yours he him his she her hers it its we us our ours they them their theirs one ones somebody someone
    is are am was were be been being do does did doing done have has had having will would shall should can could may might must
    and or but so if then as of in on at by for with from to into onto about through during since till until up out upon via per
    what which who whom whose when where why how whether there here
    please kindly thanks thank hello hi hey dear sir just really actually simply quickly basically maybe perhaps possibly also too very
    quite well okay ok oh um let lets want wants need needs like know wonder wondering tell give show help explain say mean
    get got getting go going make makes made way ways thing things kind lot bit question able possible exactly currently
    because than while again ever even still yet already now soon today's someone's much many more most less least few
    s t d m ll ve re im ive id dont doesnt didnt cant wont isnt arent wasnt couldnt shouldnt wouldnt havent hasnt hadnt
    not no never none nothing nobody neither nor without cannot`),
);

/** Words that turn what is said into its contrary; of several languages those that mean nothing else in English. */
export const negatingWords: ReadonlySet<string> = new Set(
  words(`not no never none nothing nobody nowhere neither nor without cannot except excluding excludes exclude avoid avoiding avoids
    unless hardly barely lacks lacking lack minus non dont doesnt didnt cant wont isnt arent wasnt werent couldnt shouldnt wouldnt
    havent hasnt hadnt mustnt unable nicht kein keine keinen keinem keiner nie niemals ohne pas jamais sans sin nunca ningún ninguna
    não nunca sem niet geen zonder не нет без никогда`),
);

/** Words for who does something and to whom; each by the one that they are forms of. */
export const persons: ReadonlyMap<string, string> = new Map(
  [
    "i me myself",
    "you yourself",
    "he him himself",
    "she her herself",
    "we us ourselves",
    "they them themselves",
  ].flatMap((line): [string, string][] => {
    const forms = words(line);
    return forms.map((form) => [form, forms[0] ?? form]);
  }),
);

/** Words before or after which it matters who stands where. */
export const directingWords: ReadonlySet<string> = new Set(
  words(`from to into onto than before after over under above below by versus vs against between towards toward through for with
    instead cause causes caused beat beats owe owes pay pays follow follows contains contain replace replaces`),
);

/** Question words whose answers differ in kind; `how many` and the like are told by their second word. */
export const askingWords: ReadonlySet<string> = new Set(words("when where why how who whose whom"));

/** Words with which a sentence begins that asks for yes or no. */
export const openers: ReadonlySet<string> = new Set(
  words(
    "is are was were do does did can could may might will would shall should must has have had am",
  ),
);

export const measuredHow: ReadonlySet<string> = new Set(
  words("many much long far old often tall high deep big large fast heavy wide soon late early"),
);

/** Measures by their noun: `the height of` asks what `how tall is` asks. */
export const measureNouns: ReadonlyMap<string, string> = new Map([
  ["height", "how tall"],
  ["age", "how old"],
  ["length", "how long"],
  ["duration", "how long"],
  ["distance", "how far"],
  ["depth", "how deep"],
  ["price", "how much"],
  ["cost", "how much"],
  ["costs", "how much"],
  ["fee", "how much"],
]);

/** Words for the act of asking or for the kind of the answer: one text may have them and the other not. */
export const lightWords: ReadonlySet<string> = new Set(
  words(`calculate compute list name state define describe identify determine outline present provide discuss find convert come happen
    word city country person people place subject topic value meaning wise set status stand would issue problem time`),
);

/** Directions that stand in many sentences without any: they tell who stands where only if they are in both texts. */
export const commonDirections: ReadonlySet<string> = new Set(words("to for with through"));

const irregular = `
  throw threw thrown
  write wrote written
  say said
  make made
  do did done
  buy bought
  sell sold
  send sent
  pay paid
  lose lost
  find found
  take took taken
  give gave given
  go went gone
  break broke broken
  steal stole stolen
  get got gotten
  know knew known
  begin began begun
  choose chose chosen
  drive drove driven
  eat ate eaten
  fall fell fallen
  see saw seen
  come came
  become became
  speak spoke spoken
  grow grew grown
  tell told
  think thought
  bring brought
  keep kept
  build built
  run ran
  child children
  man men
  woman women
  person people
  mouse mice
  foot feet
  tooth teeth`;

/** Forms that no ending tells, by their first. */
export const baseForms: ReadonlyMap<string, string> = new Map(
  irregular
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [first = "", ...others] = words(line);
      return others.map((other) => [other, first] as const);
    }),
);

/** Spellings and synonyms that ask for the same in any sentence, each line by its first word. */
const sameWords = `
  buy purchase buying
  phone telephone cellphone smartphone
  photo picture photograph image
  email mail
  summarise summarize summary sum
  fix repair mend resolve solve
  begin start commence
  quick fast rapid
  error mistake bug
  job occupation
  movie film
  big large huge
  small little tiny
  car automobile
  ill sick
  kid child children
  error failure
  delete remove erase
  recommend suggest suggestion recommendation advise
  write compose draft
  create generate produce build
  colour color
  favourite favorite
  organise organize
  centre center
  licence license
  programme program
  method approach
  choose select pick
  answer reply response
  difference differ different distinguish
  define definition
  translate translation
  improve improvement
  learn study
  cook prepare
  reason cause
  benefit advantage
  drawback disadvantage downside
  find locate
  show display
  close shut
  finish end complete
  wrong incorrect
  correct right
  happy glad
  talk speak
  house home
  shop store
  trip journey travel
  tip advice
  step procedure
  example instance`;

export const sameAs: ReadonlyMap<string, string> = new Map(
  sameWords
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [first = "", ...others] = words(line);
      return others.map((other) => [other, first] as const);
    }),
);

const kindBreak = /\n\s*\n/;
/** Words of which a text's answer never holds for another of their kind. */
const kinds = `
  monday tuesday wednesday thursday friday saturday sunday weekend weekday

  january february april june july august september october november december jan feb apr jun jul aug sep sept oct nov dec

  today tomorrow yesterday tonight morning afternoon evening noon midnight daily weekly monthly yearly annually annual hourly quarterly

  century decade spring summer autumn winter christmas easter

  red green blue yellow orange purple pink brown black white grey gray

  north south east west northern southern eastern western

  english german french spanish italian portuguese dutch polish turkish russian ukrainian arabic hindi chinese mandarin cantonese
  japanese korean greek latin swedish norwegian danish finnish czech hungarian romanian hebrew vietnamese thai indonesian swahili
  persian bengali urdu tamil american british canadian australian indian mexican brazilian irish scottish welsh swiss austrian

  france germany spain italy portugal netherlands belgium poland turkey russia ukraine china japan korea india pakistan bangladesh
  indonesia vietnam thailand malaysia singapore philippines australia canada mexico brazil argentina chile peru colombia venezuela
  egypt morocco nigeria kenya ethiopia ghana tanzania uganda israel iran iraq syria lebanon greece sweden norway denmark finland
  iceland ireland scotland england wales britain uk usa us america europe asia africa switzerland austria hungary romania bulgaria
  serbia croatia czechia slovakia slovenia estonia latvia lithuania cuba jamaica nepal

  london paris berlin madrid rome lisbon amsterdam brussels vienna zurich geneva munich hamburg milan barcelona prague warsaw
  budapest athens istanbul moscow kyiv dublin edinburgh manchester copenhagen stockholm oslo helsinki tokyo kyoto osaka seoul
  beijing shanghai delhi mumbai bangkok jakarta sydney melbourne toronto montreal vancouver chicago boston seattle houston dallas
  miami denver atlanta philadelphia cairo nairobi lagos dubai texas california florida york

  mercury venus mars jupiter saturn uranus neptune pluto

  python javascript typescript java kotlin swift ruby perl php golang rust scala haskell clojure elixir erlang fortran cobol lua
  julia matlab bash powershell sql mysql postgres postgresql sqlite mongodb redis html css xml json yaml csv toml markdown latex pdf
  react angular vue svelte django flask rails laravel spring node deno linux windows macos ubuntu debian android ios docker kubernetes
  aws azure gcp git svn

  visa mastercard amex paypal

  chicken beef pork lamb fish salmon tofu turkey rice pasta

  dog dogs cat cats horse horses bird birds`;

/** For each such word its kind, a number. */
export const kindOf: ReadonlyMap<string, number> = new Map(
  kinds
    .trim()
    .split(kindBreak)
    .flatMap((group, kind) => words(group).map((word) => [word, kind] as const)),
);

/** Units by each of their names; those of one letter count behind a number alone. */
const units = `
  km kilometre kilometres kilometer kilometers kms
  metre meter metres meters m
  cm centimetre centimetres centimeter centimeters
  mm millimetre millimetres millimeter millimeters
  mile miles mi
  yard yards yd
  foot feet ft
  inch inches
  kg kilogram kilograms kilo kilos kgs
  gram grams g gramme grammes
  mg milligram milligrams
  pound pounds lb lbs gbp £
  ounce ounces oz
  tonne tonnes ton tons t
  litre litres liter liters l
  ml millilitre millilitres milliliter milliliters
  gallon gallons
  cup cups
  tablespoon tablespoons tbsp
  teaspoon teaspoons tsp
  celsius °c centigrade
  fahrenheit °f
  kelvin
  degree degrees °
  ms millisecond milliseconds
  seconds sec secs s
  minute minutes min mins
  hour hours hr hrs h
  day days
  week weeks
  month months
  year years yr yrs
  am a.m
  pm p.m
  dollar dollars usd $
  euro euros eur €
  yen jpy ¥
  rupee rupees inr ₹
  franc francs chf
  yuan cny
  peso pesos
  cent cents
  percent % percentage pct
  byte bytes b
  kb kilobyte kilobytes
  mb megabyte megabytes
  gb gigabyte gigabytes
  tb terabyte terabytes
  bit bits
  watt watts w
  kw kilowatt kilowatts
  kwh
  volt volts v
  amp amps ampere amperes
  joule joules
  calorie calories kcal
  mph
  kmh
  knot knots
  hz hertz
  mhz
  ghz
  acre acres
  hectare hectares
  psi
  bar
  pascal pascals
  newton newtons`;

const ambiguous = new Set([
  ..."mgtlshbwv",
  "bar",
  "min",
  "yard",
  "foot",
  "bit",
  "cup",
  "am",
  "cent",
]);

export const unitOf: ReadonlyMap<string, string> = new Map(
  units
    .trim()
    .split("\n")
    .flatMap((line) => {
      const names = words(line);
      return names.map((name) => [name, names[0] ?? name] as const);
    }),
);

/** Whether a word is a unit only where a number stands before it. */
export function needsNumber(word: string): boolean {
  return ambiguous.has(word);
}

const small = words(
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
);
const tens = words("twenty thirty forty fifty sixty seventy eighty ninety");
const ordinals = words(
  "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
);

/** Words of numbers. `one` is left out: it mostly stands for something else. */
export const numberWords: ReadonlyMap<string, number> = new Map([
  ...small.map((word, value) => [word, value] as const).filter(([word]) => word !== "one"),
  ...tens.map((word, index) => [word, (index + 2) * 10] as const),
  ...([
    ["dozen", 12],
    ["half", 0.5],
    ["twice", 2],
    ["thrice", 3],
    ["double", 2],
    ["triple", 3],
    ["quarter", 0.25],
  ] as const),
]);

export const ordinalWords: ReadonlyMap<string, number> = new Map(
  ordinals.map((word, value) => [word, value]),
);

export const multipliers: ReadonlyMap<string, number> = new Map([
  ["hundred", 1e2],
  ["thousand", 1e3],
  ["k", 1e3],
  ["million", 1e6],
  ["mn", 1e6],
  ["billion", 1e9],
  ["bn", 1e9],
  ["trillion", 1e12],
]);
