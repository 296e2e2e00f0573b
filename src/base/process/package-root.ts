import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

/** The folder of the installed package, or of the checkout: a built file does not lie where its source does. */
export const PACKAGE_ROOT = dirname(findPackageJSON(import.meta.url) ?? import.meta.dirname);
