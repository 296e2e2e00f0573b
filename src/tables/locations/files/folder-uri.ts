/** Whether a URI names a folder or a prefix, that is, ends in a slash. */
export function isFolderUri(uri: string): boolean {
  return uri.endsWith('/');
}

/** The URI of a file in a folder. */
export function uriInFolder(folder: string, name: string): string {
  return `${folder.replace(/\/$/, '')}/${name}`;
}
