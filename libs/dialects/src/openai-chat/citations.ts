type Fields = Record<string, unknown>;

/**
 * Perplexity's sources, which stand beside the choices, as OpenAI's `url_citation` annotations. It does not say which
 * words they belong to, so they span none, as OpenRouter writes them.
 * Source: https://docs.perplexity.ai/api-reference/chat-completions-post
 */
export function readCitations({ search_results: results, citations }: Fields): Fields[] {
  const sources = Array.isArray(results) ? results : Array.isArray(citations) ? citations : [];
  return sources.flatMap((source: unknown) => {
    const { url, title } = typeof source === 'string' ? { url: source } : ((source ?? {}) as Fields);
    if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return [];
    const citation = { url, title: typeof title === 'string' ? title : url, start_index: 0, end_index: 0 };
    return [{ type: 'url_citation', url_citation: citation }];
  });
}
