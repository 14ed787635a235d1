/** Contraries: two sides a line. A text that says the one is not answered by what was said of the other. */
const contraries = `
  increase raise grow rise gain expand maximise maximize | decrease reduce lower shrink fall lose loss minimise minimize drop
  maximum max highest largest biggest most greatest | minimum min lowest smallest least
  more greater higher bigger larger | less fewer smaller
  best better good | worst worse bad
  before earlier prior | after later following
  first earliest oldest | last latest newest
  above over exceeds exceed | below under beneath
  open opening opened enable enabled activate activated unlock unblock unfreeze | close closing closed disable disabled deactivate deactivated lock block freeze
  buy buying purchase | sell selling sale
  start begin starting | stop end finish stopping ending
  add insert include adding append | remove delete exclude subtract removing drop
  hot hotter warm hottest | cold colder cool coldest
  cheap cheaper cheapest affordable | expensive costly dear priciest
  fast faster fastest quick quicker | slow slower slowest
  long longer longest | short shorter shortest
  young younger youngest new newer | old older oldest
  left | right
  advantage benefit pro pros advantages benefits strengths | disadvantage drawback con cons disadvantages drawbacks weaknesses downsides risks
  true correct valid legal safe | false incorrect invalid illegal unsafe dangerous
  ascending upward up upwards | descending downward down downwards
  import upload deposit send sending incoming inbound | export download withdraw withdrawal receive receiving outgoing outbound
  encrypt encode compress | decrypt decode decompress
  win won winning | lose lost losing
  accept approve allow permit | reject deny refuse forbid
  love like likes | hate dislike dislikes
  light bright lighter | dark darker heavy
  heavy heavier | lightweight lighter
  full | empty
  rich wealthy | poor
  strong stronger | weak weaker
  early | late
  arrive arrival arrivals arriving | depart departure departures departing leave leaving
  inside indoor indoors internal | outside outdoor outdoors external
  public | private
  positive optimistic | negative pessimistic
  pass passed succeed success | fail failed failure
  parent mother father | child son daughter
  husband | wife
  male man men boy | female woman women girl
  import | export
  borrow | lend
  question | answer
  input | output
  easy simple easier | hard difficult harder complex
  present | absent
  even | odd
  push | pull
  day daytime | night nighttime
  join connect login | leave disconnect logout
  credit | debit
  supply | demand
  cause causes | effect effects
  multiply | divide
  wet | dry
  sunrise | sunset
  vertical | horizontal
  encode | decode
  formal | informal casual
  active | passive inactive
  singular | plural
  synonym synonyms | antonym antonyms
  cancel | confirm renew subscribe
  inhale | exhale
  attack | defend defense
  agree | disagree
  lossless | lossy
  always | never
  appear | disappear
  install | uninstall
  inner | outer
  import imports | exports
  win | draw
  front | back rear
  top | bottom
  weight | height
  ancient | modern
  entry enter | exit
  in | out
  since | until till
  all every everyone everything | some few
  most many | few`;

/** For each word its contraries: numbers of the lines, and the side. */
export const sidesOf: ReadonlyMap<string, readonly (readonly [pair: number, side: 0 | 1])[]> =
  (() => {
    const sides = new Map<string, [number, 0 | 1][]>();
    for (const [pair, line] of contraries.trim().split("\n").entries()) {
      for (const [side, half] of line.split("|").entries()) {
        for (const word of half.trim().split(/\s+/)) {
          const known = sides.get(word) ?? [];
          known.push([pair, side === 0 ? 0 : 1]);
          sides.set(word, known);
        }
      }
    }
    return sides;
  })();
