/** Every bound of the gateway, with what it protects. */
export const limits = {
  /** Request body. A Worker has 128 MB for all its requests at once; the longest prompts here are some 500 KB. */
  bodyBytes: 4 * 1024 * 1024,
  /** Levels of nesting in the body. Schemas of tools need a few dozen; the parsers of model servers end at some hundreds. */
  depth: 100,
  /** Messages of one request; the schema walks them all on the request path. */
  messages: 4_096,
  /** Answers asked for at once (`n`); each takes a place of its own at the model server. */
  choices: 16,
  /** A deadline beyond an hour is a mistake of the unit. */
  sloMs: 3_600_000,
  /** Endpoints tried for one request before it gives up. */
  attempts: 4,
  /** A snapshot older than this is fetched anew before it is scored: at 100 requests a second a lifetime of 25 decisions. */
  snapshotAgeMs: 250,
  /** An address with its query; the longest route has a model's name in it. */
  urlCharacters: 2_048,
  /** A model's name in a request. */
  nameCharacters: 128,
} as const;
