import { findPackageJSON } from 'node:module';
import { AppError } from '../errors.ts';

/**
 * Checks that packages are installed, without loading them. The AWS SDKs are optional dependencies, and any SDK
 * may have been removed from an installation.
 * @param user the feature that needs them, as users know it
 * @throws AppError `config_invalid`, which says what to install
 */
export function requireSdk(user: string, names: readonly string[]): void {
  const missing = missingSdks(names);
  if (missing.length === 0) return;
  const packages = missing.join(' ');
  const how = `npm install ${packages} (with -g where rowmill was installed with -g)`;
  throw new AppError('config_invalid', `Install ${packages}, which ${user} needs: ${how}`);
}

/** The packages that are not installed. */
export function missingSdks(names: readonly string[]): string[] {
  return names.filter((name) => !isInstalled(name));
}

function isInstalled(name: string): boolean {
  try {
    return findPackageJSON(name, import.meta.url) !== undefined;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return false;
    throw fault;
  }
}
