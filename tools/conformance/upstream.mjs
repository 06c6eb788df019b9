/** The kit's scripted upstream on any free port: `node upstream.mjs <copy of the kit>`. Ends with who started it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

process.once('disconnect', () => process.exit(0));
const { startUpstream } = await import(pathToFileURL(join(process.argv[2] ?? '', 'upstream/server.mjs')).href);
const { url } = await startUpstream(0);
process.send?.({ type: 'ready', port: Number(new URL(url).port) });
