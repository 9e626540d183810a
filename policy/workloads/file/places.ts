import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkloadError } from '../workload-error.ts';

/** Where the benchmark's data lies beside the project, when nobody says otherwise. */
const defaultDataFolder = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const dataPrefix = 'data:';

/** Finds the files a workload names. */
export interface Places {
  /**
   * @param field the field that names the file, for messages
   * @throws WorkloadError when it does not exist
   */
  find(path: string, field: string): string;
}

/**
 * @param source the workload's name or file; paths are relative to the latter
 * @param dataFolder what `data:` stands for
 */
export function placesOf(source: string, dataFolder: string = defaultDataFolder): Places {
  return {
    find(path, field) {
      const isData = path.startsWith(dataPrefix);
      const file = isData ? join(dataFolder, path.slice(dataPrefix.length)) : resolve(dirname(source), path);
      if (existsSync(file)) return isAbsolute(path) ? file : relative('.', file);
      const hint = isData ? `; the benchmark's data does not come with the project: name its folder` : '';
      throw new WorkloadError([`${source}: ${field}: no such file: ${relative('.', file)}${hint}`]);
    },
  };
}
