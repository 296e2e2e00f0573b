import { isAbsolute, resolve } from 'node:path';
import type { AgentDefinition } from '../agent/definition.ts';
import { schemeOf } from '../base/addresses/scheme.ts';
import { MEDIA_KINDS } from '../protocol/media.ts';
import { isEmbeddingModel } from '../providers/catalog.ts';
import { type Fault, isRecord } from './agent-faults.ts';

/** Media fields and folders that can't work: every row would fail. */
export function mediaFaults({ input, media_from: from, model }: AgentDefinition, baseDir: string | undefined): Fault[] {
  const properties = isRecord(input?.['properties']) ? input['properties'] : {};
  const fields = Object.entries(properties).filter(([, property]) => isRecord(property) && 'media' in property);
  const faults = fields.flatMap(([field, property]) => fieldFaults(field, property as Record<string, unknown>));
  if (fields.length > 0 && isEmbeddingModel(model)) {
    const message = `have to be left out for ${model.model}, which takes text alone`;
    faults.push({ path: ['input', 'properties', fields[0]?.[0] ?? '', 'media'], message });
  }
  if (from === undefined) return faults;
  if (fields.length === 0) {
    const message = 'has no use: no property of input has `media: image` (or pdf, audio, video)';
    faults.push({ path: ['media_from'], message });
  }
  return [...faults, ...from.flatMap((folder, index) => folderFaults(folder, { index, baseDir }))];
}

function fieldFaults(field: string, { media, type }: Record<string, unknown>): Fault[] {
  const path = ['input', 'properties', field];
  if (!MEDIA_KINDS.some((kind) => kind === media)) {
    return [
      { path: [...path, 'media'], message: `is ${JSON.stringify(media)}; write one of ${MEDIA_KINDS.join(', ')}` },
    ];
  }
  if (type === undefined || [type].flat().includes('string')) return [];
  return [{ path: [...path, 'type'], message: 'must be string: a medium is a data URI or the name of a place' }];
}

function folderFaults(folder: string, { index, baseDir }: { index: number; baseDir: string | undefined }): Fault[] {
  const path = ['media_from', index];
  const scheme = schemeOf(folder);
  if (scheme === undefined) {
    if (isAbsolute(folder) || baseDir !== undefined) return [];
    return [{ path, message: 'is a relative path, but the definition comes from no file; write an absolute one' }];
  }
  if (!['file', 's3', 'https', 'http'].includes(scheme)) {
    return [
      { path, message: `has the scheme ${scheme}://; write a path, s3://bucket/prefix/ or https://host/prefix/` },
    ];
  }
  if (scheme === 's3' ? /^s3:\/\/[^/]+(\/|$)/.test(folder) : URL.canParse(folder)) return [];
  return [{ path, message: 'is no folder; write a path, s3://bucket/prefix/ or https://host/prefix/' }];
}

/** A definition whose folders of media are absolute. */
export function withLocatedMedia(definition: AgentDefinition, baseDir: string): AgentDefinition {
  const { media_from: from } = definition;
  if (from === undefined) return definition;
  const located = from.map((folder) => (schemeOf(folder) === undefined ? resolve(baseDir, folder) : folder));
  return { ...definition, media_from: located };
}
