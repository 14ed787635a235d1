/** A question in several wordings, and what it can be about; two slots in a row must not share an answer. */
export interface PromptTemplate {
  readonly kind: string;
  readonly phrasings: readonly string[];
  /** For `{x}`; with `|` for `{x}` and `{y}`. */
  readonly slots: readonly string[];
}

export const templates: readonly PromptTemplate[] = [
  {
    kind: "number",
    phrasings: [
      "What is the square root of {x}?",
      "Calculate the square root of {x}",
      "sqrt of {x} please, I need the square root",
    ],
    slots: ["144", "145", "14.4", "1440", "two hundred", "1,440,000"],
  },
  {
    kind: "number",
    phrasings: [
      "How do I split a bill of {x} dollars between {y} people?",
      "We are {y} friends with a bill of {x} dollars, what does each of us pay?",
    ],
    slots: ["90|3", "90|4", "120|4", "48|6", "3|90"],
  },
  {
    kind: "number",
    phrasings: [
      "Write a {x} word essay about honesty",
      "I need an essay on honesty, {x} words long",
    ],
    slots: ["500", "1000", "250", "1500"],
  },
  {
    kind: "number",
    phrasings: [
      "List the top {x} tourist sights of my town",
      "What are the {x} best sights for tourists in my town?",
    ],
    slots: ["5", "ten", "three", "20"],
  },
  {
    kind: "name",
    phrasings: ["Who was {x}?", "Tell me who {x} was", "Give me a short biography of {x}"],
    slots: ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov"],
  },
  {
    kind: "name",
    phrasings: [
      "Write a thank-you note to {x} for dinner",
      "Can you draft a note that thanks {x} for the dinner?",
    ],
    slots: ["Martha", "Oliver", "Yusuf", "Aunt Clara", "Mr Brown"],
  },
  {
    kind: "name, lower case",
    phrasings: [
      "what is the capital of {x}",
      "which city is the capital of {x}?",
      "{x} capital city name",
    ],
    slots: ["france", "spain", "australia", "kenya", "japan"],
  },
  {
    kind: "name, lower case",
    phrasings: ["how tall is {x}", "what is the height of {x}?"],
    slots: ["mount everest", "mount kenya", "the eiffel tower", "the burj khalifa"],
  },
  {
    kind: "place",
    phrasings: [
      "What's the weather like in {x} today?",
      "weather today in {x}",
      "How is the weather in {x} today?",
    ],
    slots: ["Paris", "Lyon", "Oslo", "Nairobi", "Santiago"],
  },
  {
    kind: "direction",
    phrasings: [
      "How do I travel from {x} to {y} by train?",
      "By train from {x} to {y}: how do I travel?",
    ],
    slots: ["Hamburg|Munich", "Munich|Hamburg", "Leeds|York", "York|Leeds"],
  },
  {
    kind: "direction",
    phrasings: ["convert {x} files to {y}", "how can i convert files from {x} to {y}?"],
    slots: ["docx|odt", "odt|docx", "flac|ogg", "ogg|flac"],
  },
  {
    kind: "direction",
    phrasings: [
      "Translate this sentence from {x} to {y}",
      "I have a sentence in {x}, translate it to {y}",
    ],
    slots: ["German|French", "French|German", "Klingon|Elvish", "Elvish|Klingon"],
  },
  {
    kind: "direction",
    phrasings: ["is {x} better than {y}?", "would you say that {x} is better than {y}"],
    slots: ["tea|coffee", "coffee|tea", "rust|zig", "zig|rust"],
  },
  {
    kind: "direction",
    phrasings: ["Can {x} beat {y} at chess?", "at chess, can {x} beat {y}?"],
    slots: [
      "a knight pair|a rook",
      "a rook|a knight pair",
      "a bishop|two pawns",
      "two pawns|a bishop",
    ],
  },
  {
    kind: "unit",
    phrasings: ["Convert 30 {x} to {y}", "How many {y} are 30 {x}?"],
    slots: [
      "miles|kilometres",
      "kilometres|miles",
      "pounds|kilograms",
      "kilograms|ounces",
      "celsius|fahrenheit",
    ],
  },
  {
    kind: "unit",
    phrasings: ["How long is 5000 {x} in hours?", "What do 5000 {x} come to in hours?"],
    slots: ["seconds", "minutes", "milliseconds", "days"],
  },
  {
    kind: "unit",
    phrasings: [
      "Is a dose of 20 {x} of vitamin D safe?",
      "Would 20 {x} of vitamin D be a safe dose?",
    ],
    slots: ["mg", "g", "ml", "kg"],
  },
  {
    kind: "contrary",
    phrasings: ["How can I {x} my blood pressure?", "Which ways are there to {x} blood pressure?"],
    slots: ["lower", "raise", "reduce", "increase"],
  },
  {
    kind: "contrary",
    phrasings: ["What are the {x} of remote work?", "remote work: which {x} does it have"],
    slots: ["advantages", "disadvantages", "benefits", "drawbacks"],
  },
  {
    kind: "contrary",
    phrasings: [
      "Which planet is the {x} in the solar system?",
      "Name the {x} planet of our solar system",
    ],
    slots: ["largest", "smallest", "hottest", "coldest"],
  },
  {
    kind: "contrary",
    phrasings: [
      "How do I {x} two-factor authentication on my account?",
      "I want to {x} two-factor authentication for my account, how?",
    ],
    slots: ["enable", "disable", "activate", "deactivate"],
  },
  {
    kind: "contrary",
    phrasings: ["sort the list in {x} order", "give me the list sorted in {x} order"],
    slots: ["ascending", "descending", "alphabetical", "random"],
  },
  {
    kind: "contrary",
    phrasings: [
      "Should I {x} shares when the market falls?",
      "The market falls. Is it wise to {x} shares now?",
    ],
    slots: ["buy", "sell", "hold", "lend"],
  },
  {
    kind: "contrary",
    phrasings: ["Is it {x} to eat raw eggs?", "eating raw eggs, is that {x}?"],
    slots: ["safe", "dangerous", "legal", "fashionable"],
  },
  {
    kind: "time",
    phrasings: ["What happened in {x}?", "Which events took place in {x}?"],
    slots: ["1989", "1998", "March 1989", "April 1989"],
  },
  {
    kind: "time",
    phrasings: [
      "Remind me at {x} to call the dentist",
      "Set a reminder for the call to the dentist at {x}",
    ],
    slots: ["9:30", "19:30", "9:45", "5 pm", "5 am"],
  },
  {
    kind: "time",
    phrasings: ["What are your opening hours on {x}?", "When are you open on {x}?"],
    slots: ["Monday", "Sunday", "Saturday", "weekdays"],
  },
  {
    kind: "time",
    phrasings: ["what is on tv {x}", "which shows are on tv {x}?"],
    slots: ["tonight", "tomorrow", "this weekend", "this morning"],
  },
  {
    kind: "negation",
    phrasings: ["Which of these foods {x} gluten?", "Tell me which of these foods {x} gluten"],
    slots: ["contain", "do not contain", "can contain", "never contain"],
  },
  {
    kind: "negation",
    phrasings: ["Give me a pasta recipe {x} garlic", "I'd like a recipe for pasta {x} garlic"],
    slots: ["with", "without", "with extra", "with no"],
  },
  {
    kind: "negation",
    phrasings: ["Why {x} my plants growing?", "My plants, why {x} they growing?"],
    slots: ["are", "aren't", "were", "weren't"],
  },
  {
    kind: "negation",
    phrasings: [
      "Explain why it {x} rain in the desert",
      "Why does it happen that it {x} rain in the desert?",
    ],
    slots: ["can", "cannot", "must", "won't"],
  },
  {
    kind: "code",
    phrasings: [
      "How do I reverse a list in {x}?",
      "Show me how a list is reversed in {x}",
      "{x}: reverse a list",
    ],
    slots: ["Python", "Haskell", "C++", "C#", "Go"],
  },
  {
    kind: "code",
    phrasings: ["What does `{x}` return?", "Explain the value that `{x}` returns"],
    slots: ["items.pop()", "items.push(1)", "items.shift()", "map.get(key)"],
  },
  {
    kind: "code",
    phrasings: ["Why does {x} throw an exception?", "An exception is thrown by {x}, why is that?"],
    slots: ["parse_int", "parseFloat", "read_file", "user.name.trim"],
  },
  {
    kind: "code",
    phrasings: [
      "How do I fix error {x} on deploy?",
      "Deploying gives me error {x}, how do I fix it?",
    ],
    slots: ["E1042", "E1024", "ECONNREFUSED", "EADDRINUSE"],
  },
  {
    kind: "code",
    phrasings: ["What is the status of order {x}?", "Where does my order {x} stand?"],
    slots: ["A-1001", "A-1010", "B-1001", "7731"],
  },
  {
    kind: "quoted",
    phrasings: ['Is "{x}" a positive sentence?', 'Tell me whether the sentence "{x}" is positive'],
    slots: ["I loved the soup", "I hated the soup", "The soup was soup", "We left early"],
  },
  {
    kind: "question",
    phrasings: ["{x} was the printing press invented?", "The printing press: {x} was it invented?"],
    slots: ["When", "Where", "Why", "How"],
  },
  {
    kind: "question",
    phrasings: ["How {x} is the river?", "The river is how {x}?"],
    slots: ["long", "deep", "old", "far away"],
  },
  {
    kind: "open word",
    phrasings: ["How long should I {x} potatoes?", "potatoes: how long does one {x} them"],
    slots: ["boil", "bake", "fry", "steam"],
  },
  {
    kind: "open word",
    phrasings: ["Write a poem about {x}", "I would like a poem, its subject is {x}"],
    slots: ["the sea", "the forest", "loneliness", "my cat"],
  },
  {
    kind: "open word",
    phrasings: ["What are the symptoms of {x}?", "Which symptoms does {x} have?"],
    slots: ["measles", "mumps", "flu", "malaria"],
  },
  {
    kind: "open word",
    phrasings: ["How do I cancel my {x}?", "I want to cancel a {x}, what do I have to do?"],
    slots: ["subscription", "order", "appointment", "membership"],
  },
  {
    kind: "open word",
    phrasings: ["Suggest a name for a {x}", "My friend has a new {x}, which name would suit it?"],
    slots: ["bakery", "puppy", "rock band", "sailing boat"],
  },
  {
    kind: "colour",
    phrasings: [
      "What does a {x} flag mean on the beach?",
      "On the beach there is a {x} flag: its meaning?",
    ],
    slots: ["red", "yellow", "purple", "green"],
  },
  {
    kind: "language",
    phrasings: ["How do you say good night in {x}?", "good night in {x}, how is it said"],
    slots: ["Italian", "Portuguese", "Welsh", "Finnish"],
  },
];
