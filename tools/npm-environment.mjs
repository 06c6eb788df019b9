/**
 * The environment for an npm that is run by something that npm runs: without what the outer one says about itself, which
 * the inner one would take for its own settings. Built-ins only, for any Node from 20.
 */
export function npmEnvironment() {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(lifecycle|package|config_(local_prefix|prefix))/i.test(name),
  );
  return { ...Object.fromEntries(inherited), SCARF_ANALYTICS: 'false', NX_DAEMON: 'false' };
}
