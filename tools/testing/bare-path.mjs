import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const QUEUE_PROGRAM = /^(redis|valkey)-/;

/**
 * A PATH on which there is everything but Redis and Valkey: a folder that holds one of them is replaced by a folder of
 * links to all the others.
 * @param {string} path
 * @param {string} folder where the link folders are made
 */
export function pathWithoutRedis(path, folder) {
  const folders = path.split(delimiter).filter((entry) => existsSync(entry));
  return folders
    .map((original, index) => {
      const programs = readdirSync(original);
      if (!programs.some((program) => QUEUE_PROGRAM.test(program))) return original;
      const links = join(folder, String(index));
      mkdirSync(links);
      for (const program of programs) {
        if (!QUEUE_PROGRAM.test(program)) symlinkSync(join(original, program), join(links, program));
      }
      return links;
    })
    .join(delimiter);
}
