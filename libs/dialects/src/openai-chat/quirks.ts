/** How a vendor's chat format differs from OpenAI's, as data. Every member is optional: an absent one means "as OpenAI". */
export type ChatQuirks = {
  /** `n` is refused or ignored: a call gives one choice, of every model or of those with such upstream names. */
  oneChoice?: true | RegExp;
  /** Request fields under another name: `{ seed: 'random_seed' }`. */
  renamed?: Readonly<Record<string, string>>;
  /** Request fields that the vendor refuses: they are left out and reported. */
  refused?: readonly string[];
  /** String values under another name, by field: `{ tool_choice: { required: 'any' } }`. */
  values?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** `stop` is taken as an array only. */
  stopAsArray?: boolean;
  /** `logprobs` is the number of alternatives. */
  logprobsAsCount?: boolean;
  /** The vendor's own fields of the names that the gateway takes for itself (`models`, `provider`): passed on. */
  passed?: readonly string[];
  /** What it takes beyond OpenAI's format from clients of other formats. */
  knows?: readonly ('cache_control' | 'reasoning_details' | 'top_k')[];
  /** Usage comes unasked, and `stream_options` is refused. */
  usageUnasked?: boolean;
  /** Role `developer` is not known: such messages go as `system`. */
  developerAsSystem?: boolean;
  /**
   * How the reasoning of earlier answers goes back. Absent: as it came (`reasoning_content`, `reasoning_details`).
   * `reasoning`: as text under that name; `thinking`: as a part of the content (Mistral); `nothing`: left out, for vendors
   * that refuse messages with fields they do not know.
   */
  reasoningAs?: 'reasoning' | 'thinking' | 'nothing';
};
