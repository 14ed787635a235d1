/** What one kind of request in the sample traffic looks like. */
export interface Kind {
  readonly name: string;
  /** Share of the traffic, relative to the others. */
  readonly weight: number;
  readonly templates: readonly string[];
  /** Least and most completion tokens. */
  readonly output: readonly [number, number];
  readonly maxTokens?: number;
  readonly takesDocument?: true;
}

export const kinds: readonly Kind[] = [
  {
    name: "classify",
    weight: 26,
    output: [1, 6],
    maxTokens: 8,
    templates: [
      "Classify this review as positive or negative: {review}",
      "Is the following message spam? Answer yes or no.\n\n{mail}",
      "Label the sentiment of this tweet as positive, neutral or negative: {review}",
      "Which category fits this ticket: billing, shipping, returns or other?\n\n{ticket}",
      "Does this sentence mention a competitor? Reply with true or false: {sentence}",
    ],
  },
  {
    name: "extract",
    weight: 12,
    output: [30, 220],
    takesDocument: true,
    templates: [
      "Extract the order number, the date and the product from this message as JSON: {ticket}",
      "List all the names of people and companies in the following text: {sentence} {mail}",
      "Pull out every e-mail address and phone number from: {contact}",
    ],
  },
  {
    name: "summarise",
    weight: 12,
    output: [60, 350],
    takesDocument: true,
    templates: [
      "Summarise the following meeting notes in three bullet points: {sentence} {sentence} {sentence}",
      "Give me a tl;dr of this thread: {mail} {ticket} {sentence}",
      "Write a short summary of this report for our {audience}: {sentence} {sentence}",
    ],
  },
  {
    name: "translate",
    weight: 8,
    output: [20, 160],
    templates: [
      "Translate into {language}: {sentence}",
      "How do you say the following in {language}? {review}",
      "Übersetze ins Englische: Die Lieferung kommt leider erst nächste Woche an.",
      "把下面的句子翻译成英文：我们的订单什么时候发货？",
    ],
  },
  {
    name: "code",
    weight: 14,
    output: [150, 1400],
    takesDocument: true,
    templates: [
      "Write a function in {programming} that {task}.",
      "Why does this throw a TypeError?\n```js\nconst total = rows.map((row) => row.price.value).reduce((a, b) => a + b);\n```",
      "Refactor this {programming} code so that it is easier to test: the class opens the file, parses it and writes to the database in one method.",
      "Add unit tests for a function that {task}.",
    ],
  },
  {
    name: "reason",
    weight: 7,
    output: [400, 2600],
    templates: [
      "A train leaves {city} at 9:40 at 80 km/h and another leaves {city} at 10:15 at 110 km/h. They are 300 km apart. When do they meet? Show your steps.",
      "We can either rent 12 GPUs for a year or pay per token for 40 million tokens a day. Compare both step by step and recommend one.",
      "Prove that the sum of two odd numbers is even, and explain each step.",
    ],
  },
  {
    name: "write",
    weight: 9,
    output: [180, 900],
    templates: [
      "Write a friendly e-mail to a customer whose order of {product} is late.",
      "Draft a blog post about {topic} for our {audience}.",
      "Write a product description for {product} in a playful tone.",
    ],
  },
  {
    name: "tool",
    weight: 5,
    output: [15, 60],
    templates: [
      "Where is my order {order}?",
      "Has order {order} been shipped yet? Look it up, please.",
    ],
  },
  {
    name: "image",
    weight: 2,
    output: [40, 200],
    templates: ["What is shown in this picture?", "Read the text on this label to me."],
  },
  {
    name: "chat",
    weight: 13,
    output: [15, 240],
    templates: [
      "Hi! How are you today?",
      "Good morning, can you help me with something?",
      "Thanks, that was helpful. What else can you do?",
      "What do you think about {topic}?",
      "Tell me something nice about {city}.",
    ],
  },
];

export const fillers: Readonly<Record<string, readonly string[]>> = {
  review: [
    "The kettle stopped working after two days and nobody answers my calls.",
    "Best headphones I have owned, the battery lasts the whole week.",
    "Arrived late, but the quality makes up for it.",
    "I would not buy this again, the zip broke at once.",
    "Exactly as described, and my daughter loves it.",
    "Meh. It does what it says, nothing more.",
  ],
  mail: [
    "You have won a cruise! Click here within 24 hours to claim your prize.",
    "Hi Tom, can we move our call to Thursday at three?",
    "Your invoice for October is attached. Payment is due in 14 days.",
    "Last chance: cheap loans without any paperwork, reply now.",
  ],
  ticket: [
    "My order A-20931 from 3 November has not arrived, the tracking page is empty.",
    "I was charged twice for order B-11877, please refund one payment of 49.90.",
    "The blue jacket from order C-40412 is too small, how do I send it back?",
    "Your app signs me out every time I open the basket.",
  ],
  contact: [
    "Reach Maria Keller at maria.keller@example.com or +49 30 5550 1234 after five.",
    "Send the passport copy to visa-desk@example.org, the IBAN follows by phone: 555-0147.",
    "Call our Madrid office on +34 91 555 0188, or write to hola@example.es.",
  ],
  sentence: [
    "The team agreed to ship the new basket on Tuesday and to watch the error rate for a day.",
    "Revenue in the northern region grew by four percent while costs stayed flat.",
    "Three suppliers were asked for offers, and only Hartmann and Lindqvist answered in time.",
    "Users on older phones see the page twice as slowly, mostly because of the pictures.",
    "The warehouse in Zaragoza will be closed for two days while the belts are replaced.",
    "Support answered 1,420 tickets last week, a third of them about returns.",
    "The pilot with voice orders goes on until spring and is then looked at again.",
  ],
  system: [
    "You are a helpful assistant.",
    "You work for an online shop. Be brief and polite.",
    "Answer in the language of the question.",
  ],
  language: ["German", "French", "Spanish", "Japanese", "Polish"],
  programming: ["Python", "TypeScript", "Go", "SQL", "Rust"],
  task: [
    "merges two sorted lists",
    "parses an ISO date without a library",
    "counts the words of a file and prints the ten most common ones",
    "retries a request with exponential backoff",
    "groups orders by customer and month",
  ],
  audience: ["customers", "board", "new colleagues", "engineers"],
  city: ["Lyon", "Porto", "Gdansk", "Bergen", "Turin"],
  topic: ["slow fashion", "heat pumps", "remote work", "city bicycles", "sleep"],
  product: ["a steel water bottle", "a folding bicycle", "a desk lamp", "hiking boots"],
  order: ["A-20931", "B-11877", "C-40412", "D-77320"],
};
