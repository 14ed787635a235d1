/** What the suite's questions hold, whatever API says it. */

/** Three tools; the prompt of the suite asks for the first two. */
export const tools = [
  {
    name: "get_weather",
    description: "The weather of a city",
    parameters: {
      type: "object" as const,
      properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } },
      required: ["city", "days"],
    },
  },
  {
    name: "get_traffic",
    description: "The traffic of a city",
    parameters: {
      type: "object" as const,
      properties: { city: { type: "string" } },
      required: ["city"],
    },
  },
  {
    name: "book_hotel",
    description: "Books a room",
    parameters: { type: "object" as const, properties: {} },
  },
];

export const schema = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "number" } },
  required: ["city", "degrees"],
  additionalProperties: false,
};

/** A PNG of one pixel, base64. */
export const image =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
