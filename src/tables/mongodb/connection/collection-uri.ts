import { AppError } from '../../../base/errors.ts';

/** A collection of a database, as a URI names it. */
export interface CollectionPlace {
  /** `mongodb://host:port/db/collection`, with its options and the field, in one form. */
  uri: string;
  /** The same without options and field: equal for two URIs of one collection. */
  identity: string;
  /** `mongodb` or `mongodb+srv`. */
  scheme: string;
  /** In lower case, with ports, in order. */
  hosts: string[];
  database: string;
  collection: string;
  /** The options of the connection, without the question mark. */
  options: string;
  /** The field after `#`: results are set in this field of the source's documents. */
  field: string | undefined;
}

const FORM = /^(mongodb(?:\+srv)?):\/\/([^/?#@]+)\/([^/?#]+)\/([^?#]+)(?:\?([^#]*))?(?:#(.*))?$/i;

/** @throws AppError `uri_invalid` */
export function parseCollectionUri(given: string): CollectionPlace {
  const [, scheme = '', hostList = '', database = '', collection = '', options = '', field] = FORM.exec(given) ?? [];
  if (scheme === '') {
    const fix = 'write mongodb://HOST/DATABASE/COLLECTION';
    throw new AppError('uri_invalid', `"${given}" names no collection: ${fix}.`);
  }
  if (field !== undefined && !/^[^$.\0][^\0]*$/.test(field)) {
    throw new AppError('uri_invalid', `"${given}" names no field after #: write #FIELD, such as #classification.`);
  }
  const isSrv = scheme.toLowerCase() === 'mongodb+srv';
  const hosts = hostList
    .toLowerCase()
    .split(',')
    .map((host) => (isSrv || /:\d+$/.test(host) ? host : `${host}:27017`));
  const path = { database: decoded(database, given), collection: decoded(collection, given) };
  const identity = `${scheme.toLowerCase()}://${hosts.toSorted().join(',')}/${database}/${collection}`;
  const uri = `${scheme.toLowerCase()}://${hostList}/${database}/${collection}${options && `?${options}`}`;
  return {
    ...{ uri: field === undefined ? uri : `${uri}#${field}`, identity, scheme: scheme.toLowerCase(), hosts },
    ...{ ...path, options, field },
  };
}

function decoded(name: string, given: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new AppError('uri_invalid', `"${given}" is not percent-encoded: write %25 for a percent sign.`, { cause });
  }
}
